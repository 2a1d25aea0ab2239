import { connect, type Socket } from 'node:net';

/** What a connection received until the server closed it, and how. */
export interface RawAnswer {
  readonly text: string;
  readonly status: number | undefined;
}

/** A connection of which a test decides every byte. */
export interface RawConnection {
  readonly socket: Socket;
  send(text: string): void;
  /** What was received so far. */
  received(): string;
  /** Resolves when the text received matches. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves when the server has closed the connection. */
  closed(): Promise<RawAnswer>;
}

/** Connects to a port of this machine. */
export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  const watchers = new Set<() => void>();
  socket.setEncoding('latin1');
  socket.on('data', (piece) => {
    text += piece;
    for (const watch of watchers) watch();
  });
  // A server that cuts a connection may reset it.
  socket.on('error', () => undefined);
  const closing = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return {
    socket,
    send: (piece) => void socket.write(piece, 'latin1'),
    received: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          if (!pattern.test(text)) return;
          watchers.delete(watch);
          resolve(text);
        };
        watchers.add(watch);
        closing.then(() => reject(new Error(`closed after ${JSON.stringify(text.slice(0, 500))}`)));
        watch();
      }),
    async closed() {
      await closing;
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      return { text, status: status === undefined ? undefined : Number(status) };
    },
  };
}

/** Sends bytes on a connection of their own, and returns all that comes back. */
export async function sendRaw(port: number, text: string): Promise<RawAnswer> {
  const connection = await rawConnection(port);
  connection.send(text);
  return connection.closed();
}
