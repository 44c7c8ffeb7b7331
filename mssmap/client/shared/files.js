/*
 * Static files of the map: fetched from the server, or carried in a page that needs none.
 */

/** @type {Map<string, unknown> | null} */
let carried = null;

/**
 * From now on files come out of the page itself, by their names.
 * @param {Record<string, unknown>} files
 */
export function carry(files) {
  carried = new Map(Object.entries(files));
}

/**
 * Content of a JSON file.
 * @param {string} url
 * @returns {Promise<unknown>}
 */
export async function readJson(url) {
  const name = url.split("/").pop() ?? "";
  if (carried) {
    if (!carried.has(name)) throw new Error(`${name}: is not in this page`);
    return carried.get(name);
  }
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

/** Whether files come out of the page itself. */
export const isCarried = () => carried !== null;

/**
 * Content of a file of the server.
 * @param {string} url
 * @returns {Promise<ArrayBuffer>}
 */
export async function readBytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.arrayBuffer();
}

/**
 * Where the page finds a published file.
 * @param {string} name
 */
export const published = (name) => new URL("app/static/" + name, document.baseURI).href;
