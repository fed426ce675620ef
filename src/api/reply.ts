/** The part of a Fastify reply that is used here. */
export interface Reply {
  header(name: string, value: string): Reply;
  status(code: number): Reply;
  type(contentType: string): Reply;
  send(body: unknown): unknown;
}
