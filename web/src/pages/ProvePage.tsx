export default function ProvePage() { return null; }
