/** Separators of packed texts: control characters, which the reader of messages lets nobody put into a field. */

/** Between the fields of a row. */
export const FIELD = "\x1f";
/** Between rows. */
export const ROW = "\x1e";
