import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

type Result = Record<string, unknown>;
type Listener = (params: Result) => void;

/** Headless Chromium, driven by its DevTools protocol over a pipe. */
export class Chromium {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #commands: Writable;
  readonly #waiting = new Map<
    number,
    { resolve: (result: Result) => void; reject: (error: Error) => void }
  >();
  readonly #listeners: { session: string; method: string; listener: Listener }[] = [];
  #lastId = 0;

  private constructor(child: ChildProcess, profile: string) {
    this.#child = child;
    this.#profile = profile;
    this.#commands = child.stdio[3] as Writable;
    let rest = '';
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (rest + chunk).split('\0');
      rest = messages.pop()!;
      for (const message of messages) this.#take(JSON.parse(message));
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('Chromium has ended'));
    });
  }

  static isInstalled(): boolean {
    try {
      execFileSync('chromium', ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  static async start(): Promise<Chromium> {
    const profile = await mkdtemp(path.join(tmpdir(), 'fcn-chromium-'));
    const switches = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const child = spawn(
      'chromium',
      [...switches, ...quiet, '--hide-scrollbars', '--remote-debugging-pipe', `--user-data-dir=${profile}`],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    return new Chromium(child, profile);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** An empty tab of its own. */
  async open(): Promise<Page> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId as string, targetId as string);
    await page.listen();
    return page;
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#lastId;
    this.#commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  on(session: string, method: string, listener: Listener): void {
    this.#listeners.push({ session, method, listener });
  }

  #take(message: {
    id?: number;
    result?: Result;
    error?: { message: string };
    method?: string;
    params?: Result;
    sessionId?: string;
  }): void {
    if (message.id === undefined) {
      for (const { session, method, listener } of this.#listeners) {
        if (session === message.sessionId && method === message.method) listener(message.params ?? {});
      }
      return;
    }
    const { resolve, reject } = this.#waiting.get(message.id)!;
    this.#waiting.delete(message.id);
    if (message.error) reject(new Error(message.error.message));
    else resolve(message.result!);
  }
}

/** A tab. What its page complains about and what it asks the network for is kept. */
export class Page {
  readonly #browser: Chromium;
  readonly #session: string;
  readonly #target: string;
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: string[] = [];
  /** Addresses that were asked for, `data:` ones left out. */
  readonly requests: string[] = [];

  constructor(browser: Chromium, session: string, target: string) {
    this.#browser = browser;
    this.#session = session;
    this.#target = target;
  }

  async close(): Promise<void> {
    await this.#browser.send('Target.closeTarget', { targetId: this.#target });
  }

  send(method: string, params: object = {}): Promise<Result> {
    return this.#browser.send(method, params, this.#session);
  }

  async listen(): Promise<void> {
    // biome-ignore lint/suspicious/noExplicitAny: the protocol has thousands of messages, documented by Chromium.
    const on = (method: string, listener: (params: any) => void) =>
      this.#browser.on(this.#session, method, listener);
    on('Runtime.exceptionThrown', ({ exceptionDetails: { text, exception } }) =>
      this.complaints.push(exception?.description ?? text),
    );
    on('Runtime.consoleAPICalled', ({ type, args }) => {
      if (type === 'error' || type === 'warning') this.complaints.push(JSON.stringify(args));
    });
    on('Log.entryAdded', ({ entry }) => {
      if (entry.level === 'error' || entry.level === 'warning') this.complaints.push(entry.text);
    });
    on('Network.requestWillBeSent', ({ request }) => {
      if (!request.url.startsWith('data:')) this.requests.push(request.url);
    });
    for (const domain of ['Runtime', 'Log', 'Network', 'Page']) await this.send(`${domain}.enable`);
  }

  async resize(width: number, height: number): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 500 };
    await this.send('Emulation.setDeviceMetricsOverride', metrics);
  }

  /** `print` or nothing, and what the reader prefers: `['prefers-color-scheme', 'dark']`. */
  async emulate(media: string, preferences: [name: string, value: string][] = []): Promise<void> {
    const features = preferences.map(([name, value]) => ({ name, value }));
    await this.send('Emulation.setEmulatedMedia', { media, features });
    await this.settle();
  }

  async goto(url: string): Promise<void> {
    const loaded = new Promise((resolve) => this.#browser.on(this.#session, 'Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url });
    await loaded;
    await this.settle();
  }

  /** Waits until what has changed is drawn. */
  async settle(): Promise<void> {
    await this.run('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))');
  }

  /** The value of an expression in the page; a promise is waited for. */
  async run<T>(expression: string): Promise<T> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', options)) as {
      result: { value: T };
      exceptionDetails?: { text: string; exception?: { description: string } };
    };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** What the page's main thread has worked so far; Performance must be enabled. */
  async taskSeconds(): Promise<number> {
    const { metrics } = (await this.send('Performance.getMetrics')) as {
      metrics: { name: string; value: number }[];
    };
    return metrics.find(({ name }) => name === 'TaskDuration')!.value;
  }

  async press(key: string, times = 1): Promise<void> {
    const codes: Record<string, number> = {
      ...{ Tab: 9, Enter: 13, Home: 36, End: 35 },
      ...{ ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 },
    };
    const event = { key, code: key, windowsVirtualKeyCode: codes[key] };
    for (let i = 0; i < times; i++) {
      const text = key === 'Enter' ? { text: '\r' } : {};
      await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event, ...text });
      await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    }
  }

  /** Moves the mouse to the middle of an element. */
  async hover(selector: string): Promise<void> {
    const { x, y } = await this.run<{ x: number; y: number }>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: 'center', behavior: 'instant' });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`);
    await this.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
    await this.settle();
  }

  /** The whole page, as PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { captureBeyondViewport: true });
    return Buffer.from(data as string, 'base64');
  }

  /** As it would be printed. */
  async pdf(): Promise<Buffer> {
    const { data } = await this.send('Page.printToPDF', { printBackground: true });
    return Buffer.from(data as string, 'base64');
  }
}
