/** What a plan answers, as far as the page shows it; the whole is in the API's document. */
export type Kind = "size" | "liq" | "compare" | "funding" | "ladder" | "hedge" | "decay" | "survive";
export interface Shown { title: string; facts: { label: string; text: string }[]; columns: string[]; rows: string[][]; table_title: string; bars: Bar[] }
export interface Bar { label: string; start: string; end: string }
export interface Series { name: string; values: (string | null)[] }
export interface ChartData { x: string; y: string; prices: string[]; series: Series[]; lines: { name: string; price: string }[] }
export interface Term { name: string; formula: string; value: string; unit: string; rule: string }
export interface Answer { shown: Shown; chart: ChartData | null; terms?: Term[]; notes: string[]; link: string }
export interface VenueList { venues: { name: string; title: string; first_date: string; symbols: string[] }[] }
