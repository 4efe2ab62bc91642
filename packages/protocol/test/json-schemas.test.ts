import { describeBodies, ERROR_CODES } from '@causeway/protocol';

const schemas = describeBodies('#/components/schemas/');

test('bodies refer to their parts by name', () => {
  expect(schemas.PublishRequest.properties).toMatchObject({
    tracks: { type: 'array', maxItems: 64, items: { $ref: '#/components/schemas/PublishItem' } },
    sessionDescription: { $ref: '#/components/schemas/OfferDescription' },
  });
  expect(schemas.PublishRequest.required).toEqual(['tracks', 'sessionDescription']);
});

test('every reference resolves to a schema', () => {
  const references = [...JSON.stringify(schemas).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);

  expect(references.length).toBeGreaterThan(20);
  expect(references.filter((name) => !Object.hasOwn(schemas, name!))).toEqual([]);
});

test('unknown fields are allowed, except where a misspelt restriction would have no effect', () => {
  const { MintTokenRequest, RevokeTokensRequest, TokenMaximum, AppSettings, CreateAppRequest, PatchAppRequest, ...others } = schemas;
  const strict = [MintTokenRequest, RevokeTokensRequest, TokenMaximum, AppSettings];

  for (const schema of strict) expect(schema).toMatchObject({ additionalProperties: false });
  for (const { properties } of [CreateAppRequest, PatchAppRequest]) {
    expect(properties).toMatchObject({ settings: { additionalProperties: false } });
  }
  expect(JSON.stringify(others)).not.toContain('"additionalProperties":false');
});

test('the closed list of error codes is one of them', () => {
  expect(schemas.ErrorCode.enum).toEqual(Object.keys(ERROR_CODES));
});
