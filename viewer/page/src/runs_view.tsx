export function RunsView(_: any) { return <main class="wait">runs</main>; }
