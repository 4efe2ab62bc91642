import { hashLeaf, merkleRoot, proveInclusion, rootOfProof } from '../../src/ledger/merkle.ts';

const leavesOf = (size: number) => Array.from({ length: size }, (_, index) => hashLeaf(`leaf ${index}`));

test('roots are those of RFC 6962, as its authors have published them', () => {
  // https://github.com/google/certificate-transparency, merkletree tests: leaves of these bytes, in hex.
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const leaves = inputs.map((hex) => hashLeaf(Buffer.from(hex, 'hex').toString('latin1')));

  expect(merkleRoot(leaves.slice(0, 1)).toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  expect(merkleRoot(leaves.slice(0, 2)).toString('hex')).toBe('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125');
  expect(merkleRoot(leaves.slice(0, 3)).toString('hex')).toBe('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77');
  expect(merkleRoot(leaves).toString('hex')).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
});

test.each([1, 2, 3, 4, 5, 7, 8, 9, 33])('every leaf of %d is proved, and no other in its place', (size) => {
  const leaves = leavesOf(size);
  const root = merkleRoot(leaves);

  for (const [index, leaf] of leaves.entries()) {
    const proof = proveInclusion(leaves, index);
    expect(rootOfProof(leaf, proof)).toEqual(root);
    expect(rootOfProof(hashLeaf('another'), proof)).not.toEqual(root);
    if (size > 1) expect(rootOfProof(leaf, { ...proof, index: (index + 1) % size })).not.toEqual(root);
  }
});

test('a proof that is too short, too long or of no tree has no root', () => {
  const [leaf = Buffer.alloc(0), ...others] = leavesOf(5);
  const proof = proveInclusion([leaf, ...others], 0);

  expect(rootOfProof(leaf, { ...proof, path: proof.path.slice(1) })).toBeUndefined();
  expect(rootOfProof(leaf, { ...proof, path: [...proof.path, leaf] })).toBeUndefined();
  for (const wrong of [{ index: 5 }, { index: -1 }, { index: 0.5 }, { size: 0 }])
    expect(rootOfProof(leaf, { ...proof, ...wrong })).toBeUndefined();
  expect(() => merkleRoot([])).toThrow('at least one leaf');
  expect(() => proveInclusion([leaf], 1)).toThrow('no leaf 1');
});
