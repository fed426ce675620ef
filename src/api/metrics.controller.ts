import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { SERVICE, type Service } from './service.js';

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  /** Metrics in the text format of Prometheus; docs/operations.md says what they mean. */
  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  metrics(): Promise<string> {
    return this.service.metrics();
  }
}
