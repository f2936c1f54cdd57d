import { request } from "node:http";

/** Body of a GET on this machine; throws unless it is answered 200. */
export function loopbackHttp(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, agent: false, timeout: 5000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`GET ${path}: ${response.statusCode} ${text}`));
      });
    });
    outgoing
      .on("timeout", () => outgoing.destroy(new Error(`GET ${path}: no answer`)))
      .on("error", reject)
      .end();
  });
}
