/** What is shown as long as there is no organisation in the books. @param url where the token is exchanged */
export function describeSetUp(token: string, url: string): string {
  const body = JSON.stringify({ setUpToken: token, organisation: 'My organisation' });
  return `
  This service has not been set up yet. This makes the first organisation, once, and replies with the key to manage its apps:

  curl -H 'Content-Type: application/json' -d '${body}' ${url}

`;
}
