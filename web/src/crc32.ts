/** CRC-32 as in zlib, over UTF-8 text. Books are checked with it (SERV-005). */
const TABLE = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});
const encoder = new TextEncoder();

export function crc32(text: string): number {
  let value = 0xffffffff;
  for (const byte of encoder.encode(text)) value = TABLE[(value ^ byte) & 255]! ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
