import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, HttpStatus, Inject } from '@nestjs/common';
import { Overloaded, Unavailable } from '../ports/errors.js';
import { type ProblemDetails, titleOf } from './problem.js';
import type { Reply } from './reply.js';
import { SERVICE, type Service } from './service.js';

/** Turns whatever a handler throws into a problem; what is not the caller's fault is reported, and not shown. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<Reply>();
    const problem = problemOf(error);
    // Overload is counted, not logged: there is more of it the less there is time for.
    if (problem.status === 500 || (error instanceof Unavailable && !(error instanceof Overloaded))) {
      const request = http.getRequest<{ method: string; routeOptions?: { url?: string } }>();
      this.service.failed(error, `${request.method} ${request.routeOptions?.url ?? ''}`);
    }
    if (problem.status === 503) reply.header('retry-after', '2');
    reply.status(problem.status).type('application/problem+json').send(problem);
  }
}

function problemOf(error: unknown): ProblemDetails {
  if (error instanceof Overloaded) return details(503, 'Too many requests wait for the engine; try again.');
  if (error instanceof Unavailable) return details(503, 'The log, the store or the engine does not answer; try again.');
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const body = error.getResponse();
    const given = typeof body === 'object' ? (body as Partial<ProblemDetails>) : {};
    return { ...details(status, error.message), ...(given.title === undefined ? {} : given) };
  }
  // Fastify's own: a body that is no JSON, too large, of another type.
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) return details(status, (error as Error).message);
  return details(HttpStatus.INTERNAL_SERVER_ERROR, 'This is our fault; the log of the service says more.');
}

function details(status: number, detail: string): ProblemDetails {
  return { title: titleOf(status), status, detail };
}
