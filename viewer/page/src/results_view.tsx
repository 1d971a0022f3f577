// The report of the chosen runs, as in a file that `leat report --out` writes, with the names of images.

import { useEffect, useState } from "preact/hooks";
import { Report } from "./results";
import type { ReportData } from "./results_data";
import { askUntilAnswered } from "./server";

export function ResultsView({ rows, isOver }: { rows: number[]; isOver: boolean }) {
  const [report, setReport] = useState<ReportData | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    setReport(null);
    setProblem("");
    if (!isOver) return;
    askUntilAnswered<ReportData>("api/report", { runs: rows }, stop.signal)
      .then((answer) => setReport(answer.head))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setProblem(error instanceof Error ? error.message : String(error));
      });
    return () => stop.abort();
  }, [rows.join(), isOver]);
  if (!isOver) return <p class="wait">A run has results when it is finished. Until then, Learning has its curves.</p>;
  if (problem)
    return (
      <p class="wait bad" role="alert">
        {problem}
      </p>
    );
  if (!report) return <p class="wait">The results are being read.</p>;
  return (
    <div class="results within">
      <Report report={report} />
    </div>
  );
}
