/** Errors as RFC 9457 problem details. */
import { HttpException, HttpStatus } from '@nestjs/common';
import { z } from 'zod';

export const ProblemSchema = z
  .object({
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    errors: z
      .array(z.object({ pointer: z.string().optional(), detail: z.string() }))
      .optional()
      .describe('One for each thing that is wrong; `pointer` is a JSON Pointer into the request.'),
    reasons: z.array(z.string()).optional(),
  })
  .meta({ id: 'Problem' });
export type ProblemDetails = z.infer<typeof ProblemSchema>;

type Extras = Pick<ProblemDetails, 'errors' | 'reasons'>;

/** An answer that is a problem, with words for whoever asked. */
export class Problem extends HttpException {
  constructor(status: HttpStatus, detail: string, extras: Extras = {}) {
    super({ title: titleOf(status), status, detail, ...extras } satisfies ProblemDetails, status);
  }
}

/** "Bad Request" for 400. */
export function titleOf(status: number): string {
  const name = (HttpStatus as unknown as Record<number, string | undefined>)[status] ?? 'Error';
  return name
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join(' ');
}

/** A JSON Pointer (RFC 6901) to a place in a body. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
