import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../local-server.ts';

/** Seconds between two signs of life on a quiet connection, by which one that is dead is noticed. */
const aliveInterval = 15;
/** Milliseconds after which a browser that lost the connection asks again. */
const retry = 1000;
/** Bytes that may wait for a slow reader. Beyond, it is disconnected: it comes back to the last message. */
const maxWaiting = 2 ** 20;
/** Milliseconds for the last message to leave. */
const patience = 500;

/**
 * Server-sent events (HTML Living Standard, section 9.2) to any number of pages. Every message holds all there is to
 * know, so a page that comes late or again needs the last one only.
 */
export class EventStream {
  readonly #readers = new Set<ServerResponse>();
  readonly #alive = setInterval(() => this.#send(': alive\n\n'), 1000 * aliveInterval).unref();
  readonly #onReader: () => void;
  #last: string | undefined;

  /** @param onReader called when a page has come */
  constructor(onReader: () => void) {
    this.#onReader = onReader;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Answers with the last message, if there was one, and all that follow. */
  readonly answer: Answer = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.write(`retry: ${retry}\n\n${this.#last ?? ''}`);
    this.#readers.add(response);
    response.on('close', () => this.#readers.delete(response));
    response.on('error', () => this.#readers.delete(response));
    this.#onReader();
  };

  send(message: unknown): void {
    this.#last = `data: ${JSON.stringify(message)}\n\n`;
    this.#send(this.#last);
  }

  /** Ends every connection when the last message has left, or its reader is too slow. */
  async end(): Promise<void> {
    clearInterval(this.#alive);
    const ended = [...this.#readers].map((reader) => new Promise<void>((resolve) => reader.end(resolve)));
    await Promise.race([Promise.all(ended), sleep(patience)]);
  }

  #send(text: string): void {
    for (const reader of this.#readers) {
      if (reader.writableLength > maxWaiting) reader.destroy();
      else reader.write(text);
    }
  }
}
