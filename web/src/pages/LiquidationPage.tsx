export default function LiquidationPage() { return null; }
