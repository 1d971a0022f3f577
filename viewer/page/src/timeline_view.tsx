export function TimelineView(_: any) { return <main class="wait">timeline</main>; }
