/** An S3 server (moto, from PyPI) as a local process. It takes any credentials, and keeps everything in memory. */
import { answers } from './answers.js';
import { LocalServer, serverFolder } from './local-server.js';
import { freePort } from './ports.js';
import { pythonLibraries } from './python.js';

const REQUIREMENTS = ['moto==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5', 'py-partiql-parser==0.6.3', 'pyyaml==6.0.3'];

/** Moto's conditional writes look first and write then: one request at a time makes them what they are elsewhere. */
export const MOTO = `
import sys, threading
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple
moto, turn = DomainDispatcherApplication(create_backend_app), threading.Lock()
def one_at_a_time(environ, start_response):
    with turn:
        return list(moto(environ, start_response))
run_simple(sys.argv[1], int(sys.argv[2]), one_at_a_time, threaded=True, request_handler=MotoRequestHandler)
`;

export interface S3Server extends LocalServer {
  readonly url: string;
}

/** Starts an empty server. Whoever starts it ends it with stop(). @throws MissingService where there is no Python */
export async function startS3(): Promise<S3Server> {
  const libraries = await pythonLibraries(REQUIREMENTS);
  const port = await freePort();
  const { folder, temporary } = serverFolder('s3', undefined);
  const server = await LocalServer.started({
    name: 'the S3 server',
    folder,
    temporary,
    command: ['python3', '-c', MOTO, '127.0.0.1', String(port)],
    env: { PYTHONPATH: libraries, PYTHONDONTWRITEBYTECODE: '1' },
    answers: () => answers({ port, bytes: BUCKETS, good: (answer) => answer.toString('latin1').startsWith('HTTP/1.') }),
  });
  return Object.assign(server, { url: `http://127.0.0.1:${port}` });
}

const BUCKETS = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
