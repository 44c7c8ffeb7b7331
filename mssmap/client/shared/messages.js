/*
 * What Python sends, and what the page and the map hand each other. Types only: nothing here runs.
 *
 * The first part has the shapes of `mssmap.maps.messages`; a test compares the keys.
 */

/** @typedef {Record<string, string>} Names  text by language; one that equals the first is left out */
/** @typedef {[number, number]} LatLon */
/** @typedef {[number, number, number]} Doubt  counts: another day, maybe in the region, below the grade */
/** @typedef {[string, string, number, string, string]} RecordRow  id, symbol or level, dim, line, grade */
/** @typedef {[string, string, number, string, string, number]} ZoneRow  the same, and which of its places */
/** @typedef {[number, string, number, string]} EventRow  row of the published list, line, dim, grade */

// ------------------------------------------------------------------------------------------------- the view message

/**
 * A spell of a record, see `mssmap.maps.history`.
 * @typedef {object} Spell
 * @property {string} id
 * @property {string} layer
 * @property {boolean} zone
 * @property {string} status
 * @property {number} from
 * @property {number | null} to
 * @property {number} known
 * @property {number[]} reports
 * @property {number} refresh
 * @property {number} sure
 * @property {boolean} maybe
 * @property {string} line
 * @property {string} grade
 * @property {number | null} place  of a zone: which of its published places
 */

/**
 * An event of the history.
 * @typedef {object} Happening
 * @property {number} row
 * @property {number} from
 * @property {number | null} to
 * @property {number} end
 * @property {boolean} planned
 * @property {string} g
 * @property {string} line
 * @property {string | null} passed
 * @property {string} grade
 * @property {[number, number] | null} sure
 * @property {boolean} maybe
 */

/**
 * All that is known on one day.
 * @typedef {object} History
 * @property {number} known_on
 * @property {Spell[]} spells
 * @property {Happening[]} events
 * @property {{ last_report: string, today: string, one_day: string, days: string, months: string, years: string }} words
 */

/**
 * A row of the legend.
 * @typedef {object} LegendItem
 * @property {string | string[]} symbol
 * @property {string} label
 * @property {number | null} count
 * @property {string[]} [layers]
 */

/** @typedef {{ label: string, items: LegendItem[], timed?: boolean }} LegendGroup */

/**
 * The part of a view that only depends on the language.
 * @typedef {object} Fixed
 * @property {string} names
 * @property {string} zone_layer
 * @property {string} lang
 * @property {LegendGroup[]} legend
 * @property {Record<string, string>} text
 * @property {string[]} months
 * @property {History | null} history
 */

/**
 * The records of a view.
 * @typedef {object} Rows
 * @property {RecordRow[]} records
 * @property {ZoneRow[]} zones
 * @property {EventRow[]} events
 */

/**
 * The part of a view that changes with each step.
 * @typedef {object} Light
 * @property {number} day
 * @property {number} start
 * @property {number} end
 * @property {string[]} on
 * @property {boolean} listed
 * @property {string} grade
 * @property {string | null} selected
 * @property {Focus | null} focus
 * @property {TileChoice | null} tiles
 * @property {StreetSet | null} streets
 * @property {ChoroplethMessage | null} choropleth
 * @property {Record<string, string>} changed
 * @property {ArchivesMessage | null} archives
 * @property {ExtraPoint[]} extra
 * @property {ImportedPart[]} preview
 * @property {string} cells
 * @property {string[]} closures
 * @property {boolean} agreement
 * @property {"" | "base" | "spot"} placing  what a click on the map names
 * @property {LegendGroup[]} more_legend
 * @property {string[]} notes
 * @property {Banner} banner
 * @property {string} described
 */

/** @typedef {{ n: number, id?: string, bounds?: LatLon[] }} Focus */
/** @typedef {{ url: string, options: Record<string, unknown> }} TileChoice */
/** @typedef {{ title: string, sub: string, same: string, other: string, source: string }} Banner */

/**
 * Numbers by region.
 * @typedef {object} ChoroplethMessage
 * @property {string} level
 * @property {string} title
 * @property {string} unit
 * @property {Record<string, number>} values
 * @property {number[]} breaks
 * @property {string[]} hatched
 */

/**
 * What people imported.
 * @typedef {object} ImportedPart
 * @property {string} title
 * @property {[number, number, string][]} points
 * @property {Feature<{ w: string }>[]} shapes
 * @property {string} [seen]  the import, while it is looked at before it is stored
 * @property {boolean} [before]  what gives way to something else
 */

/** @typedef {{ lat: number, lon: number, digits: number }} Spotted  a click on the map; digits behind the point */
/** @typedef {Record<string, never>} SpotMessage */

/** @typedef {{ name: string, title: string, rows: number, attribution: string }} ArchiveItem */
/** @typedef {{ items: ArchiveItem[], query: Record<string, string> }} ArchivesMessage */

/**
 * A point that is not a record, such as a base of a plan.
 * @typedef {object} ExtraPoint
 * @property {string} id
 * @property {string} symbol
 * @property {number} dim
 * @property {string} line
 * @property {string} name
 * @property {LatLon} at
 * @property {string} precision
 * @property {string} [grade]
 */

/** @typedef {Fixed & Partial<Rows> & { body: string }} Body  the large part; it travels only when it changes */
/** @typedef {Light & { body: string, seq: string }} LightMessage */
/** @typedef {Fixed & Partial<Rows> & Light & { seq: string }} ViewMessage */

// ------------------------------------------------------------------------------------------------------ static files

/** @typedef {{ type: "Point", coordinates: [number, number] }} PointShape */
/** @typedef {{ type: "Polygon", coordinates: [number, number][][] }} PolygonShape */
/** @typedef {{ type: "MultiPolygon", coordinates: [number, number][][][] }} MultiPolygonShape */
/** @typedef {{ type: "LineString" | "MultiLineString" | "MultiPoint", coordinates: unknown[] }} OtherShape */
/** @typedef {PointShape | PolygonShape | MultiPolygonShape | OtherShape} Shape */

/**
 * @template P
 * @typedef {{ type: "Feature", properties: P, geometry: Shape }} Feature
 */

/**
 * @template P
 * @typedef {{ type: "FeatureCollection", features: Feature<P>[] }} Collection
 */

/**
 * A department or commune.
 * @typedef {object} Region
 * @property {string} pcode
 * @property {Names} n
 * @property {number | null} population
 * @property {number | null} population_year
 * @property {LatLon} label
 */

/** @typedef {{ pcode: string, n: Names, number: number | null }} Section  a communal section */

/**
 * What is said of an area, and its lines by polygon and ring; `~n` is line n backwards.
 * @template P
 * @typedef {{ p: P, a: number[][][] }} Outlined
 */

/** @typedef {{ arcs: number[][], areas: Record<string, Outlined<unknown>[]> }} AreasFile  lines, and areas made of them */

/** @typedef {{ id: string, ref: string, class: string, label: LatLon | null }} Road */
/** @typedef {{ n: Names, rank: number }} Town */
/** @typedef {{ id: string, n: Names, places: (ZonePlace | null)[] }} PublishedZone */

/**
 * Where a zone is: the units that its source names, or a point with its uncertainty in metres.
 * @typedef {object} ZonePlace
 * @property {"units" | "spot" | "count" | "share"} how
 * @property {string[]} units
 * @property {LatLon | null} at
 * @property {number | null} m
 * @property {number} [value]  communes counted, or share in percent
 */
/** @typedef {{ n: Names, at: LatLon | null, p: string }} PublishedPoint */
/** @typedef {{ id: string, n: Names, at: LatLon | null, p: string, g: string }} PublishedEvent */
/** @typedef {{ points: Record<string, PublishedPoint>, events: PublishedEvent[] }} PublishedRecords */
/** @typedef {{ centres: number[], units: number, shape: LatLon[] }} Grid */

/**
 * What each kind of symbol, zone and cell looks like, and where the files are.
 * @typedef {object} Manifest
 * @property {Record<string, string>} files
 * @property {Record<string, string>} symbols
 * @property {string} patterns
 * @property {Record<string, ZoneStyle>} zones
 * @property {Record<string, number>} sizes
 * @property {Record<string, [string, number]>} cells
 * @property {Record<"light" | "dark", Palette>} palettes
 * @property {string} painter  script of the worker that draws streets
 * @property {string[]} classes
 * @property {Record<string, string>} groups
 * @property {string} closure
 * @property {Jump[]} jumps
 * @property {Label[]} labels
 * @property {string[]} credits
 */

/**
 * A set of streets that the map draws.
 * @typedef {object} StreetSet
 * @property {string} id
 * @property {number[]} levels
 * @property {number[]} box  west, south, east, north in degrees
 * @property {string} credit
 * @property {string[] | null} held  the tiles that a page without server carries; null: all can be asked for
 */

/**
 * A tile of streets, see streets/tile.py: rings of parks, waters and buildings, lines of streams and roads, points of
 * landmarks and parts of a town, and their names.
 * @typedef {object} StreetTile
 * @property {number[][]} [w]
 * @property {number[][]} [p]
 * @property {number[][]} [b]
 * @property {[number, number[]][]} [s]
 * @property {[number, number, number[]][]} [r]
 * @property {[number, number, number, number][]} [l]
 * @property {[number, number, number, number][]} [t]
 * @property {string[]} [n]
 */

/** @typedef {Record<string, string>} Palette  colours of the ground */
/** @typedef {{ color: string, pattern: string, weight: number, dash: string | null }} ZoneStyle */
/** @typedef {{ id: string, n: Names, bounds: LatLon[] }} Jump */
/** @typedef {{ kind: string, at: LatLon, from: number, to: number, n: Names }} Label */

// ---------------------------------------------------------------------------------------------------- on the bus

/** @typedef {{ day: number, start: number, end: number, title: string }} Day */
/** @typedef {{ tally: Record<string, number>, doubt: Record<string, Doubt>, window: string }} Counts */
/** @typedef {{ lat: string, lon: string, zoom: string }} Place */
/** @typedef {{ cells: string, on: string[] }} PlanPaint */
/** @typedef {{ value: string, of: string }} Headline */
/** @typedef {{ id: string, version: number }} Version */
/** @typedef {{ title: string, bins: [number, string, number][] }} ArchiveBins  first day of the month, group, events */
/** @typedef {Pick<Fixed, "text" | "names" | "lang" | "zone_layer"> & Rows & { on: string[] }} Shown */

/**
 * What the picture of an archive shows.
 * @typedef {object} ArchivePicture
 * @property {string} name
 * @property {string} mode
 * @property {number} inside
 * @property {number} rows
 * @property {number} shown
 * @property {number} zoom
 * @property {number} [resolution]
 * @property {string} from
 * @property {string} to
 * @property {string} as_of
 * @property {string} box
 * @property {string} [category]
 * @property {string} [actor]
 */

// ----------------------------------------------------------------------------------------- components of the page

/**
 * What a component of Streamlit is given.
 * @template D
 * @typedef {object} Component
 * @property {D} data
 * @property {HTMLElement | ShadowRoot} parentElement
 * @property {number} heard  number of the last act of a hand that Python knows of; see `Telling`
 * @property {(name: string, value: unknown) => void} setStateValue
 * @property {(name: string, value: unknown) => void} setTriggerValue
 * @property {AbortSignal} signal  ends when the component leaves the page
 */

/** @typedef {{ sign: string, words: string, months?: number, days?: number }} DialStep */

/**
 * @typedef {object} DialMessage
 * @property {number} day
 * @property {string} title
 * @property {number} min
 * @property {number} max
 * @property {number} trail
 * @property {number | null} start
 * @property {number | null} end
 * @property {string[]} months
 * @property {string} label
 * @property {DialStep[]} steps
 */

/** @typedef {{ grade: string, grades: [string, string][], label: string, help: string }} GradeMessage */
/** @typedef {{ id: string, symbol: string, label: string }} LayerItem */

/**
 * @typedef {object} LayerGroup
 * @property {string} id
 * @property {string} label
 * @property {boolean} open
 * @property {boolean} counted
 * @property {boolean} timed
 * @property {LayerItem[]} items
 */

/**
 * @typedef {object} LayersMessage
 * @property {LayerGroup[]} groups
 * @property {string[]} on
 * @property {{ dates: string, places: string, below: string }} reasons
 */

/** @typedef {{ label: string, value: string, of: string, sub: string, help: string }} FigureCard */
/** @typedef {{ items: FigureCard[], live?: boolean, ask?: unknown, view?: string }} FiguresMessage */
/** @typedef {{ items: FigureCard[], lines: string[] }} Answer  to `GET /view` */
/** @typedef {{ value: string, source: string, url: string | null, note: string }} FigureRow */
/** @typedef {{ when: string, what: string, note: string | null, now: boolean }} HistoryRow */
/** @typedef {{ title: string, url: string, by: string, kept: string, grade: string }} SourceLine */

/**
 * @typedef {object} CardMessage
 * @property {string} id
 * @property {string} title
 * @property {string} lang  in which the title stands, if it is not that of the page
 * @property {string} kind
 * @property {string} symbol
 * @property {string} close
 * @property {{ text: string, tone: string, help?: string }[]} badges
 * @property {[string, string][]} facts
 * @property {{ label: string, rows: FigureRow[] }[]} figures
 * @property {string} note
 * @property {HistoryRow[]} history
 * @property {HistoryRow[]} revisions
 * @property {SourceLine[]} sources
 * @property {{ note: string, history: string, revisions: string, sources: string }} labels
 */

/** @typedef {{ lines: string[], copy: string, copied: string, follows: boolean }} WordsMessage */

/**
 * @typedef {object} ReachMessage
 * @property {string[]} ids
 * @property {string[]} within
 * @property {string[]} possible
 * @property {number[]} people
 * @property {string} group
 */

/**
 * A spell or an event on the lanes.
 * @typedef {object} LaneItem
 * @property {string} kind
 * @property {string} lane
 * @property {number} from
 * @property {number | null} to
 * @property {string} grade
 * @property {string} [id]
 * @property {string} [line]
 * @property {string} [title]
 * @property {string} [precision]
 * @property {boolean} [planned]
 * @property {boolean} [doubtful]
 */

/** @typedef {{ id: string, label: string, color: string }} Lane */

/**
 * @typedef {object} LanesMessage
 * @property {string} version
 * @property {[number, number]} domain
 * @property {[number, number] | null} window
 * @property {[number | null, number | null]} [fixed]
 * @property {number} day
 * @property {string} mode
 * @property {number} trail
 * @property {Lane[]} lanes
 * @property {LaneItem[]} items
 * @property {boolean} [compact]
 * @property {{ months: string[] } & Record<LaneWord, string>} words
 */

/**
 * @typedef {"described" | "cursor" | "per_month" | "grade" | "back" | "on" | "play" | "pause" | "unit" | "day" | "week"
 *   | "month" | "speed" | "zoom_in" | "zoom_out" | "zoom_all"} LaneWord
 */

// ------------------------------------------------------------------------------------------------------------ plans

/** @typedef {{ id: string, name: string, lon: number, lat: number }} Site */

/**
 * What a person does to a plan, see `mssmap.planning.plan_acts`; the queue gives it an id.
 * @typedef {(
 *   { kind: "switch", base: string, on: boolean }
 *   | { kind: "place", proposal: string, lon: number, lat: number, name?: string }
 *   | { kind: "adopt", sites: Site[], clean?: boolean }
 *   | { kind: "edit", proposal: string } & Record<string, unknown>
 *   | { kind: "remove", proposal: string }
 *   | { kind: "rename", name: string }
 *   | { kind: "assume" } & Record<string, unknown>
 *   | { kind: "road", road: string } & Record<string, unknown>
 *   | { kind: "create", name: string, as_of: string, known_on: string, grade: string }
 *   | { kind: "copy", name: string, of: string }
 *   | { kind: "undo" | "redo" | "delete" | "bring_back" }
 * )} Deed
 */

/** @typedef {Deed & { plan: string, id?: string }} Act */

/**
 * What the server says of a plan.
 * @typedef {object} PlanState
 * @property {string} id
 * @property {string} name
 * @property {number} version
 * @property {string} at
 * @property {string} by
 * @property {boolean} deleted
 * @property {string[]} active
 * @property {boolean} undo
 * @property {boolean} redo
 */

/**
 * What the server says of an act.
 * @typedef {object} ActAnswer
 * @property {string} id
 * @property {string} plan
 * @property {"stored" | "refused" | "gone"} state
 * @property {number} [version]
 * @property {string} [text]
 * @property {[number, number]} [suggested]
 */

/** @typedef {{ answers?: ActAnswer[], plans?: Record<string, PlanState>, fault?: string | null }} ActsAnswer */
/** @typedef {ActAnswer & { act: Act }} Refusal  an act that was not taken */
/** @typedef {{ person: string, lang: string }} Served */
/** @typedef {{ of: string, version: number, barred?: string | null }} OfPlan  which version of a plan a component shows */

/**
 * @typedef {OfPlan & Served & {
 *   asked: number, gone: string | null, plan: PlanState | null, next: string, days: { as_of: string, known_on: string, grade: string },
 *   plans: [string, string][], deleted: [string, string][], words: Record<HandWord, string>
 * }} HandMessage
 */

/**
 * @typedef {"plan" | "name" | "undo" | "redo" | "copy" | "copy_of" | "delete" | "deleted" | "back" | "sure" | "yes" | "no"
 * } HandWord
 */

/** @typedef {{ plan: string, text: string }} PlanNote */

/**
 * @typedef {object} SavedMessage
 * @property {string[]} notes
 * @property {PlanNote | null} deleted
 * @property {PlanNote | null} missing
 * @property {string | null} barred
 * @property {Record<string, string>} words
 */

/** @typedef {{ id: string, name: string, kind: string, symbol: string, on: boolean, cells: string[] }} BaseRow */
/** @typedef {OfPlan & { rows: BaseRow[], columns: string[], caption: string }} BasesMessage */
/** @typedef {Record<string, string | number | boolean | null>} Values */
/** @typedef {OfPlan & { values: Values, quick: number[], words: Record<string, string> }} StandardMessage */
/** @typedef {[string, string][]} Choices */

/**
 * @typedef {OfPlan & { values: Values, choices: Record<string, Choices>, words: Record<string, string> }} TravelMessage
 */

/** @typedef {OfPlan & { words: { lat: string, lon: string, place: string } }} CoordinatesMessage */
/** @typedef {{ label: string, act: Deed | null, barred: string | null }} ActMessage */

/**
 * @typedef {object} Proposal
 * @property {string} id
 * @property {boolean} own
 * @property {string} name
 * @property {string} rule
 * @property {number | null} capacity
 * @property {string} note
 */

/**
 * @typedef {OfPlan & { rows: Proposal[], titles: Record<string, string>, rules: Choices, words: Record<string, string> }
 * } ProposalsMessage
 */

/** @typedef {{ id: string, road: string, cells: string[], values: Values }} RoadRow */

/**
 * @typedef {OfPlan & {
 *   rows: RoadRow[], columns: string[], fields: [string, string, Choices | null][], caption: string
 * }} RoadsMessage
 */

/**
 * @typedef {Served & {
 *   boot: string, imports: string, planner: boolean, words: Record<string, string>,
 *   plan: { id: string, version: number, made: number } | null
 * }} LiveMessage
 */

/**
 * A plan as it is in the store.
 * @typedef {object} Seen
 * @property {string[]} [others]
 * @property {number} version
 * @property {boolean} deleted
 * @property {string} changed_by
 * @property {string} changed_at
 */

/** @typedef {{ boot?: string, fault?: string, imports?: string, plan?: Seen | null }} LiveAnswer */

export {};
