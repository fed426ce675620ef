/** The objects of one bucket, as far as a checkpoint store needs them. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { hasStatus, translated } from './s3-errors.js';

/** Times that a write is tried while another is said to write the same key. */
const MOST_TRIES = 20;

export interface S3Place {
  readonly bucket: string;
  /** Begins every key, followed by `/`; may be empty. */
  readonly prefix: string;
  /** Of a store that is not Amazon's. */
  readonly endpoint?: string | undefined;
  /** From the environment or the profile unless given. */
  readonly region?: string | undefined;
  /** The bucket is a part of the path, not of the host's name. */
  readonly pathStyle?: boolean;
}

/** Credentials are found as Amazon's clients find them: the environment, a profile, the machine's or pod's role. */
export class S3Objects {
  readonly place: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(place: S3Place) {
    this.place = `s3://${[place.bucket, ...(place.prefix === '' ? [] : [place.prefix])].join('/')}`;
    this.#bucket = place.bucket;
    this.#prefix = place.prefix === '' ? '' : `${place.prefix}/`;
    this.#client = new S3Client(clientConfig(place));
  }

  /** Keys without a folder. */
  names(): Promise<readonly string[]> {
    return this.#do('list', async () => {
      const names: string[] = [];
      const request = { Bucket: this.#bucket, Prefix: this.#prefix, Delimiter: '/' };
      for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#client }, request)) {
        names.push(...Contents.map(({ Key = '' }) => Key.slice(this.#prefix.length)));
      }
      return names;
    });
  }

  /** Undefined where there is no such object. @throws Error when it has more than `limit` bytes */
  read(key: string, limit: number): Promise<Buffer | undefined> {
    return this.#do('read', async () => {
      try {
        const command = new GetObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key });
        const { Body, ContentLength = 0 } = await this.#client.send(command);
        return await collected(Body as AsyncIterable<Uint8Array>, ContentLength, limit, `${this.place}/${key}`);
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
    });
  }

  /** Writes an object where there is none. @returns false where there is one */
  create(key: string, content: Buffer): Promise<boolean> {
    return this.#do('write', async () => {
      const request = { Bucket: this.#bucket, Key: this.#prefix + key, Body: content, IfNoneMatch: '*' };
      for (let tries = 1; ; tries += 1) {
        try {
          await this.#client.send(new PutObjectCommand(request));
          return true;
        } catch (error) {
          if (hasStatus(error, 412)) return false;
          // Another writes the same key at this moment: who asks again learns whether it did.
          if (!hasStatus(error, 409) || tries === MOST_TRIES) throw error;
        }
      }
    });
  }

  remove(key: string): Promise<void> {
    return this.#do('delete', async () => {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key }));
    });
  }

  async #do<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translated(error, what, this.place);
    }
  }
}

function clientConfig({ endpoint, region, pathStyle = false }: S3Place): S3ClientConfig {
  return {
    ...(endpoint !== undefined && { endpoint }),
    // A store that is not Amazon's has none, and the client asks for one all the same.
    ...(region === undefined ? endpoint !== undefined && { region: 'us-east-1' } : { region }),
    forcePathStyle: pathStyle,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 120_000 },
    // Manifest and hashes hold what is read to what was written; not every store knows the checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  };
}

async function collected(
  body: AsyncIterable<Uint8Array>,
  announced: number,
  limit: number,
  name: string,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = announced > limit ? announced : 0;
  if (bytes === 0) {
    for await (const part of body) {
      bytes += part.length;
      if (bytes > limit) break;
      parts.push(part);
    }
  }
  if (bytes > limit) throw new RangeError(`${name} has more than the ${limit} bytes that it may have`);
  return Buffer.concat(parts);
}
