// Printed from src/pointillist/protocol/ by `python -m pointillist.protocol_ts`. Do not edit.

export const PROTOCOL_VERSION = 1;

export const MAX_THUMBS = 256;

export const BROWSER_WRITES = [
  "encoder",
  "layout_name",
  "color_by",
  "filters",
  "live_selection",
  "palette",
  "color_scale",
  "card_columns",
  "sort_by",
  "sort_descending",
  "thumb_px",
  "height_px",
  "camera",
  "picture_px",
  "names_shown",
  "tags_shown",
  "point_size",
  "point_opacity",
  "density",
  "restored",
] as const;

export type BrowserWrites = (typeof BROWSER_WRITES)[number];

export const TRAITS = [
  "protocol",
  "comm_id",
  "source",
  "n",
  "failures",
  "missing",
  "notice",
  "encoder",
  "encoders",
  "training",
  "columns",
  "layouts",
  "missing_ways",
  "tags",
  "runs",
  "history",
  "selected",
  "layout_name",
  "color_by",
  "filters",
  "live_selection",
  "palette",
  "color_scale",
  "card_columns",
  "sort_by",
  "sort_descending",
  "thumb_px",
  "height_px",
  "camera",
  "picture_px",
  "names_shown",
  "tags_shown",
  "point_size",
  "point_opacity",
  "density",
  "restored",
  "query",
] as const;

/**
 * Element types on the wire. `bits` is a row mask: bit r % 8 (least significant first) of byte r // 8 is row r;
 * its shape is [n] and its length is ceil(n / 8) bytes with the spare bits 0.
 */
export type DType = "u8" | "u16" | "u32" | "f32" | "bits";

/** What one buffer of a message holds. */
export interface Buffer {
  name: string;
  dtype: DType;
  shape: number[];
}

export type PartKind = "row" | "rows" | "text" | "image" | "box" | "vector";

/**
 * One thing that images are to be like, or unlike where `like` is false.
 *
 * `text` names it: the sentence, the image, "12 images". `row` is the image of `row` and `box`, else -1. `classes` are
 * the names of a classifier's classes that stand for a sentence.
 */
export interface QueryPart {
  id: string;
  kind: PartKind;
  like: boolean;
  text: string;
  row: number;
  classes: string[];
}

/**
 * What the images are ranked by.
 *
 * `id` names the round, 0 is none; `back` and `forward` name those beside it, null at an end. `round`
 * counts the rounds that led here. `column` holds the similarity; `reverse`: the least similar come first. `within` is
 * how many images are looked at where not all of them are, else null. `note` is what else is to be known of the
 * answer, or "".
 */
export interface QueryInfo {
  id: number;
  round: number;
  back: number | null;
  forward: number | null;
  words: string;
  parts: QueryPart[];
  column: string;
  reverse: boolean;
  within: number | null;
  note: string;
}

/**
 * `id`: a part of an earlier round, else "" and what is asked for.
 *
 * row: `row`. rows: a mask in the buffer `buffer` (bits), together one example, their centre. text: `text`.
 * image: an encoded image in the buffer `buffer` (u8), called `text`. box: `box` of the image of `row`, x, y, w, h in
 * pixels of the original.
 */
export interface AskedPart {
  id: string;
  kind: PartKind;
  like: boolean;
  text?: string;
  row?: number;
  box?: number[];
  buffer?: string;
}

/**
 * Rank all images: a new round after the one in force. `within`: all images, those of the round before, or those
 * of buffer `within` (bits).
 */
export interface RankParams {
  parts: AskedPart[];
  within: "all" | "same" | "these";
  buffers?: Buffer[];
}

/** The round made, what it asked for in words, and how many images have a vector to compare with. */
export interface RankAnswer {
  id: number;
  words: string;
  searched: number;
}

/** Go to a round that was there before; 0 ends the search and gives the former view back. */
export interface ToRoundParams {
  id: number;
}

/** Ask for a small picture of an uploaded image or a box. */
export interface PartPictureParams {
  part: string;
}

/** The encoded picture in buffer `picture` (u8). */
export interface PartPictureAnswer {
  buffers: Buffer[];
}

export type ColumnKind = "category" | "number" | "tags" | "text";

export type EncoderKind = "timm" | "clip" | "pixels" | "autoencoder" | "finetuned" | "given" | "own";

/**
 * One column of the collection's table. `text` columns are shown in details only and never travel whole.
 *
 * `form` says what numbers stand for: dates are days since 1970-01-01 UTC, durations are days.
 */
export interface ColumnInfo {
  name: string;
  kind: ColumnKind;
  revision: number;
  description: string;
  form?: "date" | "duration";
}

/**
 * One layout of the points. While `growing`, rows without a position yet are NaN.
 *
 * Those of one `method`, in the plane and in space, are each other's twins. `added` images were placed in it since it
 * was made.
 */
export interface LayoutInfo {
  name: string;
  title: string;
  method: string;
  encoder: string;
  dims: 2 | 3;
  revision: number;
  placed: number;
  status: "growing" | "ready";
  added: number;
}

/**
 * One encoder the images were embedded with: `rows` have a vector, `seconds` is what all its runs took, null where
 * nobody measured it. Of a `partial` one the run was stopped; an `embedding` one is at work. `note` says in words what
 * its training was worth.
 */
export interface EncoderInfo {
  name: string;
  title: string;
  kind: EncoderKind;
  dims: number;
  rows: number;
  seconds: number | null;
  status: "ready" | "partial" | "embedding";
  note: string;
}

/**
 * The training that goes on, or ended last. `losses` has one number for each epoch, on images not trained on.
 *
 * `before` and `after` are the shares of held-out images whose label most of their nearest carry, of an encoder tuned
 * on labels; null until they are known, and for others. `said` sums up in words what it was worth.
 */
export interface Training {
  kind: "autoencoder" | "finetuned";
  run: string;
  title: string;
  epochs: number;
  losses: number[];
  before: number | null;
  after: number | null;
  said: string;
}

export type RunKind = "embedding" | "loading" | "other";

/**
 * A piece of work in the kernel. `total` is 0 while unknown; `rate` is in images per second, of `embedding` alone.
 * A search may wait for a `loading` one, which loads a model.
 */
export interface Run {
  id: string;
  name: string;
  kind: RunKind;
  state: "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  rate: number | null;
  eta_s: number | null;
  message: string;
  detail: string;
}

/** One tag and how many rows carry it. */
export interface TagInfo {
  name: string;
  count: number;
}

/** What undo and redo would do now, in words; null when there is nothing. */
export interface HistoryInfo {
  undo: string | null;
  redo: string | null;
}

/** State of the selection; its mask is asked for with `selection`. */
export interface SelectionInfo {
  revision: number;
  count: number;
}

/**
 * Which rows of one column are hidden; several filters hide what any of them hides.
 *
 * Categories and tags: all in `hide`, or all but those in `keep`; a row with one hidden tag is hidden, and `keep`
 * shows the rows with one of its tags. Numbers: those below `low` or above `high`, compared as float32, where null is
 * no bound; or all of them, by an empty `keep`.
 * `missing`: whether rows without a value are hidden.
 */
export interface Filter {
  column: string;
  hide?: string[];
  keep?: string[];
  low?: number | null;
  high?: number | null;
  missing: boolean;
}

/**
 * Where a map of the layout `layout` looks.
 *
 * Data position (x, y, z) stands in the middle, and `span` data units lie along the shorter side of the pane there.
 * `yaw` turns the points about the vertical axis, `pitch` then tips them towards the viewer, in radians; both 0 is
 * straight on.
 */
export interface Camera {
  layout: string;
  x: number;
  y: number;
  z: number;
  span: number;
  yaw: number;
  pitch: number;
}

/** How numbers become colours: evenly, by their logarithm, or so that each colour has as many rows. */
export interface ColorScale {
  kind: "linear" | "log" | "quantile";
  reversed: boolean;
}

/**
 * Small state. Written by the kernel only, unless BROWSER_WRITES names it.
 *
 * `palette` holds colours chosen by hand, column -> category -> "#rrggbb". `card_columns` are the columns that the
 * card of a hovered point tells; null: the one that the points are coloured by.
 *
 * `layout_name` is the layout on show; the word `layout` is taken: ipywidgets keeps every widget's CSS box in it.
 * `point_size` (CSS pixels), `point_opacity` and `density` (0 = none … 1 = most) are null where the map chooses.
 * `missing` counts the images that were there before and whose files are gone.
 * `encoder` is the one on show, by name: set to another, the kernel makes its vectors and its layout, where they are
 * not there, and sets it back when that fails or is cancelled.
 * `comm_id` names the model among those of ipywidgets.
 * `missing_ways`: projections that cannot be made here, method -> why not.
 * `camera` is where a map that is shown anew looks, null for all points: the last movement in any view.
 * `restored`: what is shown is the view that the notebook had before its kernel was restarted; false once the user
 * has taken note of it.
 */
export interface Traits {
  protocol: number;
  comm_id: string;
  source: string;
  n: number;
  failures: number;
  missing: number;
  notice: string;
  encoder: string;
  encoders: EncoderInfo[];
  training: Training | null;
  columns: ColumnInfo[];
  layouts: LayoutInfo[];
  missing_ways: Record<string, string>;
  tags: TagInfo[];
  runs: Run[];
  history: HistoryInfo;
  selected: SelectionInfo;
  layout_name: string | null;
  color_by: string | null;
  filters: Filter[];
  live_selection: boolean;
  palette: Record<string, Record<string, string>>;
  color_scale: ColorScale;
  card_columns: string[] | null;
  sort_by: string | null;
  sort_descending: boolean;
  thumb_px: number;
  height_px: number;
  camera: Camera | null;
  picture_px: number;
  names_shown: boolean;
  tags_shown: boolean;
  point_size: number | null;
  point_opacity: number | null;
  density: number | null;
  restored: boolean;
  query: QueryInfo;
}

export type ClusterMethod = "communities" | "hdbscan" | "kmeans";

/**
 * One way to cluster: of the vectors, or of the positions of the layout `layout`.
 *
 * `option` is the method's one option (resolution, least size, count), null for its default.
 */
export interface ClusterParams {
  method: ClusterMethod;
  layout: string | null;
  option: number | null;
}

/** Make clusters so, and name them by these words where there are any, else by what the labels or the model say. */
export interface FindClustersParams {
  method: ClusterMethod;
  layout: string | null;
  option: number | null;
  words: string[];
}

/** What such a way gives: how many clusters, how many rows in none, and the option that was used. */
export interface ClusterCounts {
  option: number;
  clusters: number;
  noise: number;
}

/**
 * Clusters were found and are the column `column` now; undo brings back those before,
 * if there were any (`again`).
 */
export interface ClusterAnswer {
  column: string;
  option: number;
  clusters: number;
  noise: number;
  again: boolean;
}

/**
 * The clusters of now, largest first: names, and in buffer `medoids` (u32) the row that stands for each; `column`
 * is null where there are none. `reads_words`: whether the encoder can name them by words of one's own.
 */
export interface ClustersAnswer {
  column: string | null;
  names: string[];
  reads_words: boolean;
  buffers: Buffer[];
}

export interface RenameClusterParams {
  name: string;
  to: string;
}

/** Make one cluster of several, called `into`; null calls it as the largest of them. */
export interface MergeClustersParams {
  names: string[];
  into: string | null;
}

/** Take back the last change of the clusters, or do it again. */
export interface StepClustersParams {
  direction: "undo" | "redo";
}

/** What was done, in words. */
export interface SaidAnswer {
  said: string;
}

/** How far can the layout `name` be trusted, as a whole, or image by image? */
export interface MeasureParams {
  name: string;
}

/** The share of its nearest that each image keeps on the map is the column `column` now. */
export interface KeptColumnAnswer {
  column: string;
}

/**
 * Trustworthiness, and the mean share of the `k` nearest images that are nearest on the map too; null where that
 * cannot be told.
 */
export interface MeasureAnswer {
  trustworthiness: number | null;
  preserved: number | null;
  k: number;
}

export type Net = "convolutional" | "linear";

/** An encoder one may add, by name: its cost on this machine in words, and whether its weights are here already. */
export interface Suggestion {
  name: string;
  title: string;
  about: string;
  here: boolean;
}

/** What can be added: models of timm and CLIP by name, and the columns whose values a model can be tuned on. */
export interface EncoderChoicesAnswer {
  timm: Suggestion[];
  clip: Suggestion[];
  columns: string[];
}

/**
 * Embed with an encoder and show it; one that has to be trained is trained first. What does not concern its kind
 * is null.
 *
 * model: of timm and CLIP, the name without its family; the timm model that is tuned; of `own`, an encoder that is
 * there, a variable of the notebook, or the file of one that was trained; of `given`, a column, a variable or a file
 * of vectors.
 * checkpoint: a file of weights for a timm model. size: side of its input in pixels, of `pixels` the side. dims: width
 * of an autoencoder's vectors. net: its kind. column: the labels to tune on.
 */
export interface AddEncoderParams {
  kind: EncoderKind;
  model: string | null;
  checkpoint: string | null;
  size: number | null;
  dims: number | null;
  net: Net | null;
  epochs: number | null;
  column: string | null;
}

/** What it is called; of one that is trained first, the empty string. */
export interface AddEncoderAnswer {
  name: string;
}

/** Make a column of how much each image's neighbours differ between two encoders, and colour by it. */
export interface CompareEncodersParams {
  a: string;
  b: string;
}

export interface CompareEncodersAnswer {
  column: string;
}

/** Ask for some images and what the autoencoder that is being trained makes of them. */
export interface ReconstructionsParams {
  most: number;
}

/** PNG pictures in buffer `pictures` (u8), one after the other: first the images, then what it makes of them. */
export interface ReconstructionsAnswer {
  lengths: number[];
  buffers: Buffer[];
}

export interface ColumnParams {
  name: string;
}

/**
 * One column of length n.
 *
 * category: buffer `codes` u8, u16 or u32 of shape [n]; 0 = missing, c = categories[c - 1].
 * number: buffer `values` f32 of shape [n], NaN = missing; `low` and `high` are the finite extremes or null.
 * tags: one `bits` buffer per tag, in the order of `categories`.
 * places: of the colour of each category, counted from 0 among those of the theme, which begin again after the last.
 */
export interface ColumnAnswer {
  name: string;
  kind: ColumnKind;
  revision: number;
  categories: string[];
  places: number[];
  low: number | null;
  high: number | null;
  buffers: Buffer[];
}

export interface LayoutParams {
  name: string;
}

/** Positions: buffer `xy` f32 of shape [n, dims]; NaN where a row has no position. */
export interface LayoutAnswer {
  name: string;
  revision: number;
  dims: 2 | 3;
  buffers: Buffer[];
}

/** Ask for thumbnails of the rows in buffer `rows` (u32), most wanted first, at most MAX_THUMBS. */
export interface ThumbsParams {
  buffers: Buffer[];
}

/**
 * Encoded pictures (JPEG, PNG or WebP) one after the other in buffer `pictures` (u8), in the order asked.
 *
 * `lengths[i]` is 0 for an image that could not be read; `reasons[i]` then says why, else it is "".
 */
export interface ThumbsAnswer {
  lengths: number[];
  reasons: string[];
  buffers: Buffer[];
}

/** Ask for one image itself, scaled down to fit `max_px` on its longer side. */
export interface PictureParams {
  row: number;
  max_px: number;
}

/** The encoded picture in buffer `picture` (u8); `width` and `height` are the original's, in pixels. */
export interface PictureAnswer {
  row: number;
  width: number;
  height: number;
  buffers: Buffer[];
}

export interface DetailsParams {
  row: number;
}

export interface Field {
  name: string;
  value: string;
}

/** What is known of one row, as text. */
export interface DetailsAnswer {
  row: number;
  index: string;
  name: string;
  fields: Field[];
  tags: string[];
  failure: string | null;
}

/** Ask for the k images nearest to one by their vectors. */
export interface NeighboursParams {
  row: number;
  k: number;
}

/** Buffers `rows` (u32) and `distances` (f32, cosine distance), nearest first; fewer than k if there are no more. */
export interface NeighboursAnswer {
  row: number;
  buffers: Buffer[];
}

/**
 * Replace the selection by buffer `mask` (bits).
 *
 * Whoever picks images among those the grid shows keeps them there: buffer `shown` (bits) then holds what it shows.
 * Without it the grid shows the selection, or all rows when that is empty.
 */
export interface SelectParams {
  buffers: Buffer[];
}

export interface SelectAnswer {
  revision: number;
  count: number;
}

export type Nothing = Record<string, never>;

/** The selection: buffer `mask` (bits), and `shown` (bits) as in `select`. */
export interface SelectionAnswer {
  revision: number;
  count: number;
  buffers: Buffer[];
}

/** Add or remove a tag on the rows of buffer `mask` (bits). */
export interface TagParams {
  tag: string;
  action: "add" | "remove";
  buffers: Buffer[];
}

/** How many rows changed, and what was done in words. */
export interface ChangedAnswer {
  changed: number;
  said: string;
}

export interface CancelRunParams {
  run: string;
}

export interface RetryRunParams {
  run: string;
}

/** At most `limit` failures are listed. */
export interface FailuresParams {
  limit: number;
}

export interface Failure {
  row: number;
  name: string;
  reason: string;
}

export interface FailuresAnswer {
  total: number;
  failures: Failure[];
}

/** At most `limit` missing images are listed. */
export interface MissingParams {
  limit: number;
}

/** seen: when its file was last there, in seconds since 1970. */
export interface Missing {
  name: string;
  tags: string[];
  seen: number;
}

export interface MissingAnswer {
  total: number;
  missing: Missing[];
}

/**
 * Show the layout that `method` makes in `dims` dimensions, computed first, as a run, where it is not there.
 *
 * `method` may carry parameters, "umap n_neighbors=30 seed=1". With a buffer `mask` (bits) only these rows are laid
 * out, on their own. `anew`: computed even where it is there, so that images added since have a part in it.
 */
export interface ProjectParams {
  method: string;
  dims: 2 | 3;
  anew?: boolean;
  buffers?: Buffer[];
}

/** Its name; `layout_name` says when it is on show. */
export interface ProjectAnswer {
  name: string;
}

/** Take back the question `id` of the same client. */
export interface CancelParams {
  id: number;
}

/** The selection changed: buffers as in `select`. `client` made the change, "" when it came from Python. */
export interface SelectionEvent {
  revision: number;
  count: number;
  client: string;
  buffers: Buffer[];
}

/** Python moved the camera: every view goes there, to all points on null. */
export interface CameraEvent {
  camera: Camera | null;
}

/**
 * protocol: versions differ or the message is malformed; asked: the question cannot be answered (its text says why);
 * cancelled: taken back; failed: a defect or a broken machine, with the traceback in `detail`.
 */
export type ErrorKind = "protocol" | "asked" | "cancelled" | "failed";

export interface ErrorBody {
  kind: ErrorKind;
  message: string;
  detail: string;
}

/** Envelope, browser to kernel. */
export interface Ask {
  protocol: number;
  client: string;
  id: number;
  ask: string;
  params: Record<string, unknown>;
}

/** Envelope, kernel to browser. */
export interface Reply {
  client?: string;
  id?: number;
  answer?: Record<string, unknown>;
  error?: ErrorBody;
  event?: string;
  params?: Record<string, unknown>;
}

export interface Questions {
  column: { params: ColumnParams; answer: ColumnAnswer };
  layout: { params: LayoutParams; answer: LayoutAnswer };
  thumbs: { params: ThumbsParams; answer: ThumbsAnswer };
  picture: { params: PictureParams; answer: PictureAnswer };
  details: { params: DetailsParams; answer: DetailsAnswer };
  neighbours: { params: NeighboursParams; answer: NeighboursAnswer };
  failures: { params: FailuresParams; answer: FailuresAnswer };
  missing: { params: MissingParams; answer: MissingAnswer };
  selection: { params: Nothing; answer: SelectionAnswer };
  select: { params: SelectParams; answer: SelectAnswer };
  tag: { params: TagParams; answer: ChangedAnswer };
  undo: { params: Nothing; answer: ChangedAnswer };
  redo: { params: Nothing; answer: ChangedAnswer };
  cancel_run: { params: CancelRunParams; answer: Nothing };
  retry_run: { params: RetryRunParams; answer: Nothing };
  project: { params: ProjectParams; answer: ProjectAnswer };
  rank: { params: RankParams; answer: RankAnswer };
  to_round: { params: ToRoundParams; answer: Nothing };
  start_fresh: { params: Nothing; answer: Nothing };
  part_picture: { params: PartPictureParams; answer: PartPictureAnswer };
  encoder_choices: { params: Nothing; answer: EncoderChoicesAnswer };
  add_encoder: { params: AddEncoderParams; answer: AddEncoderAnswer };
  compare_encoders: { params: CompareEncodersParams; answer: CompareEncodersAnswer };
  reconstructions: { params: ReconstructionsParams; answer: ReconstructionsAnswer };
  cancel: { params: CancelParams; answer: Nothing };
  measure_layout: { params: MeasureParams; answer: MeasureAnswer };
  keep_column: { params: MeasureParams; answer: KeptColumnAnswer };
  count_clusters: { params: ClusterParams; answer: ClusterCounts };
  cluster: { params: FindClustersParams; answer: ClusterAnswer };
  clusters: { params: Nothing; answer: ClustersAnswer };
  rename_cluster: { params: RenameClusterParams; answer: SaidAnswer };
  merge_clusters: { params: MergeClustersParams; answer: SaidAnswer };
  step_clusters: { params: StepClustersParams; answer: SaidAnswer };
}

export interface Events {
  selection: SelectionEvent;
  camera: CameraEvent;
}
