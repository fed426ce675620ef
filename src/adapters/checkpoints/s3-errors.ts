/** What goes wrong with a bucket, in words for whoever can set it right. */
import { Unavailable } from '../../ports/errors.js';

/** By the name of the error; the first line that fits. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/^NoSuchBucket$/, 'there is no such bucket: make it, or correct STEERSTREAM_CHECKPOINTS'],
  [
    /^(AccessDenied|Forbidden|AllAccessDisabled|403)$/,
    'access was denied: the credentials in use need s3:ListBucket on the bucket and s3:GetObject on its objects, ' +
      'and to publish s3:PutObject and s3:DeleteObject',
  ],
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    'there are no credentials: give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role',
  ],
  [
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|ExpiredTokenException)$/,
    'the credentials are not valid there, or no longer',
  ],
  [
    /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|301)$/,
    'the bucket lies in another region: set STEERSTREAM_S3_REGION',
  ],
  [/^NotImplemented$/, 'the store does not know conditional writes (If-None-Match), which publishing needs'],
];

export function hasStatus(error: unknown, status: number): boolean {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode === status;
}

/**
 * Whatever a store answers may be set right while the service runs, so all of it is Unavailable; a fault of ours and an
 * object that is too large stay what they are. The client's own error is left out: it may quote the request.
 */
export function translated(error: unknown, what: string, place: string): unknown {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return error;
  if (/region is missing/i.test(error.message))
    return new Unavailable(failure(what, place, 'set STEERSTREAM_S3_REGION'));
  const meaning = MEANINGS.find(([names]) => names.test(error.name))?.[1];
  return new Unavailable(failure(what, place, meaning ?? `${error.name}: ${error.message}`));
}

const failure = (what: string, place: string, why: string): string => `cannot ${what} ${place}: ${why}`;
