import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeService, NOW, withEqualizer } from '../../test/builders/fake-service.js';
import { Overloaded, Unavailable } from '../ports/errors.js';
import { emptyState } from '../state/user-state.js';
import { ApiModule } from './api.module.js';
import { configureHttp, httpAdapter } from './http.js';

describe('HTTP', () => {
  let service: FakeService;
  let app: NestFastifyApplication;

  beforeEach(async () => {
    service = new FakeService();
    const module = ApiModule.of({ useFactory: () => service });
    app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(), { logger: false });
    configureHttp(app, '1.2.3');
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterEach(async () => {
    await app.close();
  });

  const send = (
    method: 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST',
    url: string,
    payload?: object | string,
    headers: Record<string, string> = {},
  ) => app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });

  describe('health', () => {
    it('lives, and is ready when nothing stands against it', async () => {
      expect((await send('GET', '/health/live')).json()).toEqual({ status: 'live' });
      expect((await send('GET', '/health/ready')).json()).toEqual({ status: 'ready' });
    });

    it('says why it is not ready', async () => {
      service.reasons = ['task 1: healing'];
      const answer = await send('GET', '/health/ready');
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['content-type']).toMatch('application/problem+json');
      expect(answer.json()).toMatchObject({ status: 503, reasons: ['task 1: healing'] });
    });
  });

  it('shows its metrics as text that Prometheus reads', async () => {
    const answer = await send('GET', '/metrics');
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.body).toBe('steerstream_lists_total 3\n');
  });

  describe('the current list', () => {
    it('comes from the stored state of the user’s own partition', async () => {
      service.states.set('ann', withEqualizer('ann'));
      const answer = await send('GET', '/users/ann/recommendations');
      expect(answer.json()).toEqual({
        userId: 'ann',
        items: [
          { itemId: 'c', score: 3, cold: false },
          { itemId: 'b', score: 2, cold: false },
          { itemId: 'a', score: 1, cold: true },
        ],
        checkpoint: 'first',
        equalizerVersion: 5,
        ranking: 'popular',
        effects: [],
        producedAt: '2026-01-02T03:04:05.000Z',
      });
    });

    it('shows beside it, where asked, what it would be with no gain set, of the same state', async () => {
      const effect = { attribute: 'genre/Sci-Fi', gain: 0.5, method: 'delta', amount: 1, limited: false };
      service.effects = [{ ...effect, share: 0.5 }];
      service.states.set('ann', withEqualizer('ann'));
      const plain = await send('GET', '/users/ann/recommendations?explain=effects');
      expect(plain.json()).toMatchObject({ effects: [{ ...effect, share: 0.5 }] });
      expect(plain.body).not.toContain('steered');
      service.requests.length = 0;
      const answer = await send('GET', '/users/ann/recommendations?explain=contrast');
      expect(answer.json()).toMatchObject({
        items: [
          { itemId: 'c', steered: true },
          { itemId: 'b', steered: false },
          { itemId: 'a', steered: false },
        ],
        effects: [{ ...effect, share: 0.5, unsteeredShare: 0.25 }],
      });
      const [steered, unsteered] = service.requests;
      expect(unsteered).toEqual({ ...steered, isUnsteered: true });
    });

    it('is there for users of whom nothing is known, whatever their name', async () => {
      const name = 'ein/Nutzer ✓ ?';
      const answer = await send('GET', `/users/${encodeURIComponent(name)}/recommendations?limit=1`);
      expect(answer.json()).toMatchObject({ userId: name, items: [{ itemId: 'c' }] });
      expect(service.requests[0]?.state).toEqual(emptyState(name));
    });

    it.each(['limit=0', 'limit=x', 'limit=1.5', 'limit=501', 'explain=all'])('refuses %s', async (query) => {
      const answer = await send('GET', `/users/ann/recommendations?${query}`);
      expect(answer.statusCode).toBe(400);
      expect(JSON.stringify(answer.json())).toContain(query.split('=')[0]);
    });

    it('needs a checkpoint', async () => {
      service.inService = undefined;
      const answer = await send('GET', '/users/ann/recommendations');
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['retry-after']).toBe('2');
    });

    it('takes user ids of up to 512 characters, and no longer ones', async () => {
      const id = '✓'.repeat(512);
      expect((await send('GET', `/users/${encodeURIComponent(id)}/recommendations`)).statusCode).toBe(200);
      expect((await send('GET', `/users/${encodeURIComponent(`${id}x`)}/recommendations`)).statusCode).toBe(400);
    });
  });

  describe('an equalizer', () => {
    it('is shown with its version as ETag', async () => {
      service.states.set('ann', withEqualizer('ann'));
      const answer = await send('GET', '/users/ann/equalizer');
      expect(answer.headers.etag).toBe('"5"');
      expect(answer.json()).toEqual({
        userId: 'ann',
        version: 5,
        off: false,
        preset: 'night',
        gains: { 'genre/Sci-Fi': 0.5, 'genre/Drama': -1 },
        expiries: { 'genre/Sci-Fi': '2026-01-02T03:04:06.000Z' },
      });
      expect((await send('GET', '/users/bob/equalizer')).headers.etag).toBe('"0"');
    });

    it('is replaced by a profile event on the log', async () => {
      const body = {
        gains: { 'genre/Sci-Fi': 1, 'genre/Drama': -0.5 },
        expiresAt: '2026-01-03T00:00:00+01:00',
        preset: 'p',
      };
      const answer = await send('PUT', '/users/ann/equalizer', body, { 'if-match': '"0"' });
      expect(answer.statusCode).toBe(202);
      const [event] = service.events();
      expect(answer.json()).toEqual({
        eventId: event?.eventId,
        effectiveFrom: '2026-01-02T03:04:05.000Z',
        withoutEffect: ['genre/Drama'],
      });
      expect(event).toEqual({
        eventId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        userId: 'ann',
        mode: 'replace',
        gains: body.gains,
        expiresAt: Date.UTC(2026, 0, 2, 23),
        preset: 'p',
        expectedVersion: 0,
        occurredAt: NOW,
      });
      expect(service.appended[0]).toMatchObject({ topic: 'profiles', key: Buffer.from('ann') });
    });

    it.each([
      ['PATCH', '/users/ann/equalizer', { gains: { 'genre/Sci-Fi': 1 } }, 'merge'],
      ['DELETE', '/users/ann/equalizer', undefined, 'reset'],
      ['POST', '/users/ann/equalizer/off', undefined, 'off'],
    ] as const)('is changed by %s %s', async (method, url, body, mode) => {
      expect((await send(method, url, body)).statusCode).toBe(202);
      expect(service.events()).toMatchObject([
        { mode, userId: 'ann', gains: body?.gains ?? {}, expectedVersion: null },
      ]);
    });

    it('keeps gains on an attribute that the checkpoint has no more', async () => {
      const state = withEqualizer('ann');
      const old = { gain: 0.3, at: 1, expiresAt: null };
      const equalizer = { ...state.equalizer, gains: { ...state.equalizer.gains, 'mood/gone': old } };
      service.states.set('ann', { ...state, equalizer });
      const body = { gains: { 'genre/Sci-Fi': 1, 'mood/gone': 0.3 } };
      const answer = await send('PUT', '/users/ann/equalizer', body);
      expect(answer.statusCode).toBe(202);
      expect(answer.json()).toMatchObject({ withoutEffect: ['mood/gone'] });
      expect((await send('PUT', '/users/bob/equalizer', body)).statusCode).toBe(400);
    });

    it('can be cleared before there is a checkpoint, and not set', async () => {
      service.inService = undefined;
      expect((await send('DELETE', '/users/ann/equalizer')).statusCode).toBe(202);
      expect((await send('PUT', '/users/ann/equalizer', { gains: {} })).statusCode).toBe(503);
    });

    it('refuses what can no longer apply', async () => {
      service.states.set('ann', withEqualizer('ann'));
      const answer = await send('DELETE', '/users/ann/equalizer', undefined, { 'if-match': '"4"' });
      expect(answer.statusCode).toBe(412);
      // A version that is not stored yet may be on its way: the stream decides.
      expect((await send('DELETE', '/users/ann/equalizer', undefined, { 'if-match': 'W/"6"' })).statusCode).toBe(202);
      expect((await send('DELETE', '/users/ann/equalizer', undefined, { 'if-match': '*' })).statusCode).toBe(202);
      expect((await send('DELETE', '/users/ann/equalizer', undefined, { 'if-match': 'five' })).statusCode).toBe(400);
      expect(service.appended).toHaveLength(2);
    });

    it('names the attributes that may have been meant', async () => {
      const answer = await send('PUT', '/users/ann/equalizer', { gains: { 'genre/scifi': 1, 'mood/calm': 1 } });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({
        errors: [
          { pointer: '/gains/genre~1scifi', detail: expect.stringContaining('did you mean genre/Sci-Fi?') as string },
          { pointer: '/gains/mood~1calm', detail: expect.stringContaining('GET /attributes') as string },
        ],
      });
      expect(service.appended).toEqual([]);
    });

    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`genre/${index}`, 1]));
    it.each<[string, object | string]>([
      ['a gain beyond 1', { gains: { 'genre/Sci-Fi': 1.01 } }],
      ['a gain that is no number', { gains: { 'genre/Sci-Fi': '1' } }],
      ['no gains', { preset: 'p' }],
      ['an unknown field', { gains: {}, volume: 11 }],
      ['a time that is none', { gains: {}, expiresAt: 'soon' }],
      ['a time in the past', { gains: {}, expiresAt: '2020-01-01T00:00:00Z' }],
      ['more than 64 gains', { gains: many }],
      ['a body that is no JSON', '{"gains":'],
      ['a body that wants to be a prototype', '{"gains":{"__proto__":{"x":1}}}'],
    ])('refuses %s', async (_, body) => {
      const answer = await send('PUT', '/users/ann/equalizer', body, { 'content-type': 'application/json' });
      expect(answer.statusCode).toBe(400);
      expect(answer.headers['content-type']).toMatch('application/problem+json');
      expect(answer.json()).toMatchObject({ title: 'Bad Request', status: 400 });
      expect(service.appended).toEqual([]);
    });

    it('refuses a merge of nothing', async () => {
      expect((await send('PATCH', '/users/ann/equalizer', { gains: {} })).statusCode).toBe(400);
    });
  });

  describe('the checkpoint', () => {
    it('shows what can be steered, and how far', async () => {
      expect((await send('GET', '/attributes')).json()).toEqual({
        checkpoint: 'first',
        unitLift: 2,
        attributes: [
          { attribute: 'genre/Sci-Fi', method: 'delta', baseShare: 0.2, maxGain: 0.5, maxLift: 1, maxShare: 0.5 },
        ],
      });
    });

    it('shows what serves, and that nothing does yet', async () => {
      expect((await send('GET', '/checkpoints/current')).json()).toMatchObject({
        ...{ id: 'first', sequence: 1, items: 3, features: 8 },
        sharedFeatures: [{ content: '0badcafe', features: 1 }],
      });
      service.inService = undefined;
      expect((await send('GET', '/checkpoints/current')).statusCode).toBe(503);
    });
  });

  describe('problems', () => {
    it('hide what is not the caller’s matter, and report it', async () => {
      service.failure = new Error('the secret of the house');
      const answer = await send('DELETE', '/users/ann/equalizer');
      expect(answer.statusCode).toBe(500);
      expect(answer.body).not.toContain('secret');
      expect(service.failures).toEqual(['DELETE /users/:userId/equalizer: Error: the secret of the house']);
    });

    it('ask for patience where the log does not answer', async () => {
      service.failure = new Unavailable('busy');
      const answer = await send('DELETE', '/users/ann/equalizer');
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
    });

    it('ask for patience where the engine has too much to do, and are not reported one by one', async () => {
      service.recommender.recommend = () => Promise.reject(new Overloaded('9 requests wait'));
      const answer = await send('GET', '/users/ann/recommendations');
      expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
      expect(answer.json()).toMatchObject({ detail: 'Too many requests wait for the engine; try again.' });
      expect(service.failures).toEqual([]);
    });

    it.each([
      ['GET', '/nowhere', 404],
      ['PUT', '/attributes', 404],
    ] as const)('are problem details for %s %s', async (method, url, status) => {
      const answer = await send(method, url);
      expect(answer.headers['content-type']).toMatch('application/problem+json');
      expect(answer.json()).toMatchObject({ status });
    });

    it('bound the body', async () => {
      const answer = await send('PUT', '/users/ann/equalizer', { gains: {}, preset: 'x'.repeat(70_000) });
      expect(answer.statusCode).toBe(413);
      expect(answer.headers['content-type']).toMatch('application/problem+json');
    });
  });

  describe('the OpenAPI page', () => {
    it('describes every path, with its schemas, and needs nothing from elsewhere', async () => {
      const document = (await send('GET', '/docs-json')).json<{
        info: { version: string };
        paths: Record<string, Record<string, unknown>>;
        components: { schemas: Record<string, unknown> };
      }>();
      expect(document.info.version).toBe('1.2.3');
      expect(Object.keys(document.paths).sort()).toEqual([
        '/attributes',
        '/checkpoints/current',
        '/health/live',
        '/health/ready',
        '/metrics',
        '/users/{userId}/equalizer',
        '/users/{userId}/equalizer/off',
        '/users/{userId}/recommendations',
      ]);
      expect(Object.keys(document.components.schemas)).toEqual(
        expect.arrayContaining(['Problem', 'EqualizerReplacement', 'EqualizerChange', 'CurrentList', 'Equalizer']),
      );
      expect(document.paths['/users/{userId}/equalizer']?.['put']).toHaveProperty('requestBody');

      const page = await send('GET', '/docs');
      expect(page.body).not.toMatch(/(src|href)="https?:/);
      expect((await send('GET', '/docs/swagger-ui-bundle.js')).statusCode).toBe(200);
    });
  });
});
