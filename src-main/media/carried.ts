/**
 * Bytes that a picture carries beside its pixels, where other programs pass over them: a private ancillary chunk of a
 * PNG, an application extension of a GIF, a chunk of a WebP. They are deflated here, and inflated under a limit: what
 * claims to be small may unpack to anything. Nothing else of a file is read, and what breaks the file's own grammar is
 * taken for a picture that carries nothing.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { AppError } from '#domain/errors.ts';

/** Ancillary, private, and not to be kept by a program that changes the pixels. */
const PNG_CHUNK = 'mgRC';
const WEBP_CHUNK = 'MGRC';
/** Identifier and authentication code of the application, 11 bytes. */
const GIF_APPLICATION = 'MORPHGENRC1';
const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Four rules of the largest automata have about 2 MB. */
export const MOST_CARRIED_BYTES = 32 * 2 ** 20;
const MOST_PACKED_BYTES = MOST_CARRIED_BYTES + 2 ** 16;

export type CarrierKind = 'png' | 'gif' | 'webp';

/** A PNG chunk of any type with its length and check sum. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** To stand before a PNG's last chunk. */
export function pngCarrier(carried: Uint8Array): Uint8Array {
  return pngChunk(PNG_CHUNK, pack(carried));
}

/** To stand before a GIF's last byte. */
export function gifCarrier(carried: Uint8Array): Uint8Array {
  const packed = pack(carried);
  const parts: Uint8Array[] = [
    Buffer.from([0x21, 0xff, GIF_APPLICATION.length]),
    Buffer.from(GIF_APPLICATION),
  ];
  for (let at = 0; at < packed.length; at += 255) {
    const block = packed.subarray(at, at + 255);
    parts.push(Buffer.from([block.length]), block);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** A chunk of a RIFF file, padded to an even length. */
export function riffChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(8 + data.length + (data.length & 1));
  chunk.write(type, 0, 'latin1');
  chunk.writeUInt32LE(data.length, 4);
  chunk.set(data, 8);
  return chunk;
}

/** To stand at the end of an extended WebP. */
export function webpCarrier(carried: Uint8Array): Uint8Array {
  return riffChunk(WEBP_CHUNK, pack(carried));
}

/** The same PNG with something to carry. */
export function carryInPng(png: Uint8Array, carried: Uint8Array): Uint8Array {
  // The last chunk, IEND, has 12 bytes.
  const end = png.length - 12;
  return Buffer.concat([png.subarray(0, end), pngCarrier(carried), png.subarray(end)]);
}

/**
 * What a picture's bytes carry; null where it carries nothing of ours.
 * @throws AppError bad-file where it does and it cannot be unpacked, or is larger than anything of ours
 */
export function readCarried(bytes: Uint8Array): Uint8Array | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packed = findPacked(file);
  return packed === null ? null : unpack(packed);
}

function findPacked(file: Buffer): Uint8Array | null {
  if (file.subarray(0, 8).equals(PNG_SIGNATURE)) return inPng(file);
  if (/^GIF8[79]a$/.test(file.toString('latin1', 0, 6))) return inGif(file);
  const isWebp = file.toString('latin1', 0, 4) === 'RIFF' && file.toString('latin1', 8, 12) === 'WEBP';
  return isWebp ? inWebp(file) : null;
}

function inPng(file: Buffer): Uint8Array | null {
  for (let at = 8; at + 12 <= file.length;) {
    const length = file.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > file.length) return null;
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === PNG_CHUNK) {
      if (crc32(file.subarray(at + 4, end - 4)) !== file.readUInt32BE(end - 4)) throw damaged();
      return file.subarray(at + 8, end - 4);
    }
    if (type === 'IEND') return null;
    at = end;
  }
  return null;
}

function inWebp(file: Buffer): Uint8Array | null {
  for (let at = 12; at + 8 <= file.length;) {
    const length = file.readUInt32LE(at + 4);
    if (at + 8 + length > file.length) return null;
    if (file.toString('latin1', at, at + 4) === WEBP_CHUNK) return file.subarray(at + 8, at + 8 + length);
    at += 8 + length + (length & 1);
  }
  return null;
}

function inGif(file: Buffer): Uint8Array | null {
  if (file.length < 13) return null;
  let at = 13 + tableBytes(file[10]);
  while (at < file.length) {
    switch (file[at]) {
      case 0x21: {
        const isOurs =
          file[at + 1] === 0xff &&
          file[at + 2] === GIF_APPLICATION.length &&
          file.toString('latin1', at + 3, at + 3 + GIF_APPLICATION.length) === GIF_APPLICATION;
        if (isOurs) return blocks(file, at + 3 + GIF_APPLICATION.length);
        at = afterBlocks(file, at + 2);
        break;
      }
      case 0x2c:
        if (at + 10 > file.length) return null;
        at = afterBlocks(file, at + 11 + tableBytes(file[at + 9]));
        break;
      default:
        return null;
    }
  }
  return null;
}

/** Of the table of colours that a packed field announces. */
function tableBytes(field: number): number {
  return field & 0x80 ? 3 * 2 ** ((field & 7) + 1) : 0;
}

function afterBlocks(file: Buffer, start: number): number {
  let at = start;
  while (at < file.length && file[at] !== 0) at += 1 + file[at];
  return at + 1;
}

function blocks(file: Buffer, start: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let at = start;
  while (file[at] > 0) {
    const block = file.subarray(at + 1, at + 1 + file[at]);
    if (block.length < file[at] || (bytes += block.length) > MOST_PACKED_BYTES) throw damaged();
    parts.push(block);
    at += 1 + file[at];
  }
  if (at >= file.length) throw damaged();
  return Buffer.concat(parts);
}

function pack(carried: Uint8Array): Uint8Array {
  if (carried.length > MOST_CARRIED_BYTES) {
    throw new AppError(
      'bad-argument',
      'The rules of these styles are too large for a picture to carry: leave them out.',
    );
  }
  return deflateSync(carried, { level: 9 });
}

function unpack(packed: Uint8Array): Uint8Array {
  if (packed.length > MOST_PACKED_BYTES) throw damaged();
  try {
    return inflateSync(packed, { maxOutputLength: MOST_CARRIED_BYTES });
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause?: unknown): AppError {
  return new AppError(
    'bad-file',
    'the recipe in it is damaged, or larger than any that Morphogen writes',
    cause === undefined ? {} : { cause },
  );
}
