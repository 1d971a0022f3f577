export function CompareView(_: any) { return <main class="wait">compare</main>; }
