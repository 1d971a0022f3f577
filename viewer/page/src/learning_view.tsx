export function LearningView(_: any) { return <main class="wait">learning</main>; }
