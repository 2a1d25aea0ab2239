import { z } from 'zod';
import type { Content, Route } from './route.ts';

/** The shape of every refusal. */
const REFUSAL = z
  .object({
    message: z.string(),
    code: z.string(),
    _links: z.object({ self: z.object({ href: z.string(), templated: z.boolean() }) }),
  })
  .describe('What was refused, and why.');

/** Returns the OpenAPI 3.1 document of routes. Its schemas are those that check the requests. */
export function openApiOf(routes: readonly Route[], isGuarded: boolean): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace('*}', '}');
    paths[path] ??= {};
    paths[path][route.method] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'cairnkv',
      version: '1',
      description: "Namespaces (Kestra's KV API), and the stores and collections below a root.",
    },
    ...(isGuarded ? { security: [{ bearer: [] }] } : {}),
    components: {
      schemas: { Refusal: schemaOf(REFUSAL) },
      ...(isGuarded ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } : {}),
    },
    paths,
  };
}

function operationOf(route: Route): object {
  const { id, tag, summary, description, params, query, headers, body, answers } = route;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [
      ...parametersOf('path', params),
      ...parametersOf('query', query),
      ...(headers === undefined ? [] : parametersOf('header', headers)),
    ],
    ...(body === undefined ? {} : { requestBody: { required: true, ...contentOf(body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, content]) => [
          status,
          Number(status) < 400 ? contentOf(content) : refusalOf(content.description),
        ]),
      ),
      default: refusalOf('The request was refused.'),
    },
  };
}

function parametersOf(place: 'path' | 'query' | 'header', schema: z.ZodObject): object[] {
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !z.safeParse(field, undefined).success,
    schema: schemaOf(field),
  }));
}

function contentOf({ description, types = ['application/json'], schema }: Content): object {
  const isEmpty = types.length === 0;
  if (isEmpty) return { description };
  const inner = schema === undefined ? {} : { schema: schemaOf(schema) };
  return { description, content: Object.fromEntries(types.map((type) => [type, inner])) };
}

function refusalOf(description: string): object {
  return {
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } },
  };
}

function schemaOf(schema: z.core.$ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
  return rest;
}
