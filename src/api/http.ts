/** The HTTP server: bounds, validation and the OpenAPI page, alike in the service and in tests. */
import { HttpStatus, StandardSchemaValidationPipe } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { MAX_ID_LENGTH } from '../events/contracts.js';
import { Problem, pointer } from './problem.js';

const MAX_BODY_BYTES = 64 * 1024;
/** A character of a user id takes up to 9 when percent-encoded (a surrogate pair 12, and it counts as two). */
const MAX_PARAMETER_LENGTH = MAX_ID_LENGTH * 9;

export function httpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // A client that keeps its connection open does not hold up the end.
    forceCloseConnections: 'idle',
  });
}

/** Validation of every request, and the page at /docs. */
export function configureHttp(app: NestFastifyApplication, version: string): void {
  app.useGlobalPipes(new StandardSchemaValidationPipe({ exceptionFactory: invalid }));
  const description = new DocumentBuilder()
    .setTitle('Steerstream')
    .setDescription('Recommendations that their users steer. Errors are problem details (RFC 9457).')
    .setVersion(version)
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description), {
    // Else the page asks a site elsewhere about the document.
    swaggerOptions: { validatorUrl: null },
  });
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

function invalid(issues: readonly Issue[]): Problem {
  return new Problem(HttpStatus.BAD_REQUEST, 'The request is not valid.', {
    errors: issues.map(({ message, path = [] }) => ({
      pointer: pointer(path.map((step) => (typeof step === 'object' ? step.key : step))),
      detail: message,
    })),
  });
}
