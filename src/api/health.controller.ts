import { Controller, Get, HttpStatus, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { Problem, ProblemSchema } from './problem.js';
import { type Health, HealthSchema } from './schemas.js';
import { SERVICE, type Service } from './service.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  /** The process answers. */
  @Get('live')
  @ApiOkResponse({ standardSchema: HealthSchema })
  live(): Health {
    return { status: 'live' };
  }

  /** Lists are made: a checkpoint is loaded, the catalogue is read, and every assigned task runs. */
  @Get('ready')
  @ApiOkResponse({ standardSchema: HealthSchema })
  @ApiServiceUnavailableResponse({ standardSchema: ProblemSchema, description: 'Not yet; `reasons` says why.' })
  ready(): Health {
    const reasons = [...this.service.notReady()];
    if (reasons.length === 0) return { status: 'ready' };
    throw new Problem(HttpStatus.SERVICE_UNAVAILABLE, 'Not ready to make lists.', { reasons });
  }
}
