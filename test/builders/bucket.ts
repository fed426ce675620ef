/** A bucket of one's own on a test's S3 server. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { onTestFinished, vi } from 'vitest';
import type { S3Place } from '../../src/adapters/checkpoints/s3-objects.js';
import { uniqueName } from '../services/use.js';

/** The credentials are in the environment, where the client's own chain finds them. */
export async function madeBucket(endpoint: string): Promise<S3Place> {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const bucket = uniqueName('checkpoints');
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { bucket, prefix: '', endpoint, pathStyle: true };
}

/** What stands between client and server: true where it dealt with the request itself. */
type Meddle = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A bucket whose requests pass through `meddle`, until the test is over. */
export async function meddledBucket(
  endpoint: string,
  meddle: Meddle,
  onAnswer: (request: IncomingMessage) => boolean = () => true,
): Promise<S3Place> {
  const server = createServer((request, response) => {
    if (meddle(request, response)) return;
    const { method, url, headers } = request;
    const onward = forward(new URL(url ?? '', endpoint), { method, headers }, (answer) => {
      if (!onAnswer(request)) {
        response.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const place = await madeBucket(endpoint);
  return { ...place, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** As S3 refuses. */
export function answerWith(status: number, code: string): Meddle {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${code}</Code><Message>said the server</Message></Error>`);
    return true;
  };
}
