import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Res,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiHeader,
  ApiOkResponse,
  ApiPreconditionFailedResponse,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { EqualizerChanges } from './equalizer-changes.js';
import { equalizerView } from './equalizer-view.js';
import { etagOf } from './etag.js';
import { ProblemSchema } from './problem.js';
import type { Reply } from './reply.js';
import {
  type Accepted,
  AcceptedSchema,
  EqualizerChangeSchema,
  EqualizerReplacementSchema,
  type EqualizerSetting,
  type EqualizerView,
  EqualizerViewSchema,
  UserIdSchema,
} from './schemas.js';
import { UserStates } from './user-states.js';

const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'ETag of the version that was seen: the change is dropped when another is current.',
};

/**
 * A user's equalizer. A change is a profile event on the log, like any other producer's: its answer says that it was
 * accepted, and the recommendation list that it leads to says what became of it.
 */
@ApiTags('equalizer')
@ApiBadRequestResponse({ standardSchema: ProblemSchema })
@ApiServiceUnavailableResponse({ standardSchema: ProblemSchema })
@Controller('users/:userId/equalizer')
export class EqualizerController {
  constructor(
    @Inject(UserStates) private readonly states: UserStates,
    @Inject(EqualizerChanges) private readonly changes: EqualizerChanges,
  ) {}

  /** The equalizer as it is stored now. */
  @Get()
  @ApiOkResponse({ standardSchema: EqualizerViewSchema })
  async read(
    @Param('userId', { schema: UserIdSchema }) userId: string,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<EqualizerView> {
    const view = equalizerView(await this.states.of(userId));
    reply.header('etag', etagOf(view.version));
    return view;
  }

  /** Sets the whole equalizer: gains that are not given end. */
  @Put()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiHeader(IF_MATCH)
  @ApiAcceptedResponse({ standardSchema: AcceptedSchema })
  @ApiPreconditionFailedResponse({ standardSchema: ProblemSchema })
  replace(
    @Param('userId', { schema: UserIdSchema }) userId: string,
    @Body({ schema: EqualizerReplacementSchema }) setting: EqualizerSetting,
    @Headers('if-match') ifMatch?: string,
  ): Promise<Accepted> {
    return this.changes.set(userId, 'replace', setting, ifMatch);
  }

  /** Sets some gains; the others stay. A gain of 0 takes one away. */
  @Patch()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiHeader(IF_MATCH)
  @ApiAcceptedResponse({ standardSchema: AcceptedSchema })
  @ApiPreconditionFailedResponse({ standardSchema: ProblemSchema })
  merge(
    @Param('userId', { schema: UserIdSchema }) userId: string,
    @Body({ schema: EqualizerChangeSchema }) setting: EqualizerSetting,
    @Headers('if-match') ifMatch?: string,
  ): Promise<Accepted> {
    return this.changes.set(userId, 'merge', setting, ifMatch);
  }

  /** Takes every gain away. */
  @Delete()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiHeader(IF_MATCH)
  @ApiAcceptedResponse({ standardSchema: AcceptedSchema })
  @ApiPreconditionFailedResponse({ standardSchema: ProblemSchema })
  reset(
    @Param('userId', { schema: UserIdSchema }) userId: string,
    @Headers('if-match') ifMatch?: string,
  ): Promise<Accepted> {
    return this.changes.clear(userId, 'reset', ifMatch);
  }

  /** Bypasses the equalizer: its gains are kept until the next change, and not applied. */
  @Post('off')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiHeader(IF_MATCH)
  @ApiAcceptedResponse({ standardSchema: AcceptedSchema })
  @ApiPreconditionFailedResponse({ standardSchema: ProblemSchema })
  off(
    @Param('userId', { schema: UserIdSchema }) userId: string,
    @Headers('if-match') ifMatch?: string,
  ): Promise<Accepted> {
    return this.changes.clear(userId, 'off', ifMatch);
  }
}
