// The run as a whole, below its graph: phases, the nodes that run most, and the newest messages.

import type { Address } from "./address";
import type { Selected } from "./graph_view";
import { useNow, windowWords } from "./nodes_now";
import { RankPanel } from "./ranks";
import { useTopic, type RunStore } from "./run_store";
import { Bar } from "./states";
import { Words } from "./verdict";
import { clock, durationWords, percent, whole } from "./words";

/** The nodes that run most. */
function Busiest({ store, name, select }: { store: RunStore; name: string; select: (selected: Selected) => void }) {
  const now = useNow(store, name);
  const nodes = now?.activity ? [...now.nodes.values()].sort((a, b) => b.row.shares[0] - a.row.shares[0]).slice(0, 8) : [];
  return (
    <div class="busiestnodes">
      <div class="lab">nodes that run most, {now ? windowWords(now) : ""}</div>
      <table class="small busiest">
        <tbody>
          {nodes.map((node) => (
            <tr key={node.name}>
              <td>
                <button type="button" class="link" onClick={() => select({ node: node.name, port: "" })}>
                  {node.name}
                </button>
              </td>
              <td>
                <Bar shares={node.row.shares} width={110} />
              </td>
              <td class="r">{percent(node.row.shares[0])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Overview({
  store,
  name,
  go,
  select,
}: {
  store: RunStore;
  name: string;
  go: (change: Partial<Address>) => void;
  select: (selected: Selected) => void;
}) {
  const run = useTopic(store, "run"),
    log = useTopic(store, "log"),
    messages = useTopic(store, "messages"),
    ranks = useTopic(store, "ranks");
  const names = new Set(log?.phases.find((one) => one.name === name)?.nodes.map((node) => node.name));
  return (
    <section class={ranks ? "facts overview shared" : "facts overview"} aria-label="the run">
      <RankPanel store={store} />
      <table class="small">
        <thead>
          <tr>
            <th>phase</th>
            <th>kind</th>
            <th class="r">steps</th>
            <th class="r">times</th>
            <th class="r">nodes</th>
            <th class="r">steps in flight</th>
          </tr>
        </thead>
        <tbody>
          {log?.phases.map((one, k) => {
            const at = run?.phases[k];
            return (
              <tr key={one.name} class={one.name === name ? "on" : ""}>
                <td>
                  <button type="button" class="link" onClick={() => go({ phase: one.name, node: "", port: "" })}>
                    {one.name}
                  </button>
                  {run?.status === "running" && run.phase === k && <span class="k"> now</span>}
                </td>
                <td>{one.kind}</td>
                <td class="r">{at ? `${whole(at.step)}${at.steps !== null ? ` of ${whole(at.steps)}` : ""}` : "–"}</td>
                <td class="r">{at?.occurrences ?? 0}</td>
                <td class="r">{one.nodes.length}</td>
                <td class="r">{one.credits ?? "–"}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <Busiest store={store} name={name} select={select} />
      <dl class="kv wide">
        <dt>folder</dt>
        <dd>{run?.folder}</dd>
        <dt>workers</dt>
        <dd>{log?.workers ?? "–"}</dd>
        {log?.begun != null && (
          <>
            <dt>begun</dt>
            <dd>{new Date(log.begun * 1000).toLocaleString("en-GB")}</dd>
          </>
        )}
        {log?.resumed != null && (
          <>
            <dt>last resumed</dt>
            <dd>{new Date(log.resumed * 1000).toLocaleString("en-GB")}</dd>
          </>
        )}
        <dt>{log?.resumed != null ? "time, without breaks" : "time"}</dt>
        <dd>{run ? durationWords(run.seconds) : "–"}</dd>
      </dl>
      <div class="messages">
        <div class="lab">newest messages</div>
        {(messages ?? []).length === 0 && <p class="k">none</p>}
        {[...(messages ?? [])].reverse().map((one, k) => (
          <p key={k} class={one.is_warning ? "warnline" : ""}>
            <span class="k">{clock(one.time * 1000)}</span>{" "}
            <Words text={one.text} names={names} press={(node) => select({ node, port: "" })} />
          </p>
        ))}
      </div>
    </section>
  );
}
