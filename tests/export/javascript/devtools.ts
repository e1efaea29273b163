// Reads snapshots with the engine of Chrome's Memory panel and tells what the panel would show.
// Arguments: CLASS FILE...
import {createReadStream} from 'node:fs';
import * as HeapSnapshot from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.js';
import * as Loader from 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker/HeapSnapshotLoader.js';

// Node 20 is older than this; browsers have it.
(Promise as any).withResolvers ??= () => {
  const made: any = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, {resolve, reject}));
  return made;
};

const problems: string[] = [];

async function load(file: string) {
  const loader = new Loader.HeapSnapshotLoader({sendEvent: (_: string, text: unknown) => {
    if (typeof text === 'string' && text.startsWith('Heap snapshot')) problems.push(text);
  }} as never);
  for await (const chunk of createReadStream(file, {encoding: 'utf8', highWaterMark: 10_000})) {
    loader.write(chunk as string);
  }
  loader.close();
  const channel = new MessageChannel();
  new HeapSnapshot.SecondaryInitManager(channel.port2 as never);
  const snapshot = await loader.buildSnapshot(channel.port1 as never);
  channel.port1.close();
  return snapshot;
}

function chain(snapshot: any, node: any) {
  const steps = [];
  while (node.distance() > 0) {
    let best: any = null;
    for (const it = node.retainers(); it.hasNext(); it.next()) {
      const edge = it.item().clone();
      if (!best || edge.node().distance() < best.node().distance()) best = edge;
    }
    steps.unshift(`${best.name()} -> ${node.name()}`);
    node = best.node();
  }
  return steps;
}

const [wanted, ...files] = process.argv.slice(2);
const snapshots = [];
for (const file of files) snapshots.push(await load(file));
const told = snapshots.map((snapshot: any, number: number) => {
  const aggregates = Object.values(snapshot.getAggregatesByClassKey(true, 'all')) as any[];
  const row = aggregates.find(aggregate => aggregate.name === wanted);
  const before = snapshots[number - 1] as any;
  const diffs = !before ? [] : Object.values(snapshot.calculateSnapshotDiff(
      number, before.aggregatesForDiff(snapshot.interfaceDefinitions()))) as any[];
  const diff = diffs.find(diff => diff.name === wanted);
  return {
    nodes: snapshot.nodeCount,
    totalSize: snapshot.totalSize,
    count: row?.count ?? 0,
    retained: row?.maxRet ?? 0,
    added: diff?.addedCount ?? 0,
    removed: diff?.removedCount ?? 0,
    chain: row ? chain(snapshot, snapshot.createNode(row.idxs[0])) : [],
  };
});
console.log(JSON.stringify({snapshots: told, problems}));
process.exit(0);
