/* The part of Leaflet 1.9 that the map uses; Leaflet itself comes from a package and stands before our script. */

declare namespace L {
  type Place = LatLng | number[];
  type Box = LatLngBounds | number[][];
  type Options = Record<string, unknown>;

  interface LatLng {
    lat: number;
    lng: number;
  }
  interface Point {
    x: number;
    y: number;
    add(other: Point | number[]): Point;
    distanceTo(other: Point): number;
  }
  interface LatLngBounds {
    getWest(): number;
    getSouth(): number;
    getEast(): number;
    getNorth(): number;
    getCenter(): LatLng;
    contains(place: Place): boolean;
    pad(ratio: number): LatLngBounds;
  }
  interface MouseEvent {
    latlng: LatLng;
    containerPoint: Point;
    originalEvent: Event;
  }
  interface ZoomEvent {
    center: LatLng;
    zoom: number;
  }
  interface Renderer extends Layer {}
  interface Layer {
    addTo(map: Map): this;
    remove(): this;
    on(name: string, handler: (event: MouseEvent) => void): this;
  }
  interface Path extends Layer {
    setStyle(style: Options): this;
    bringToFront(): this;
    getElement(): SVGElement | undefined;
    getBounds(): LatLngBounds;
  }
  interface Circle extends Path {
    getRadius(): number;
    setRadius(metres: number): this;
  }
  interface TileLayer extends Layer {
    readonly _url: string;
  }
  interface Popup extends Layer {
    setLatLng(place: Place): this;
    setContent(content: HTMLElement): this;
    openOn(map: Map): this;
  }
  interface Control {
    onAdd(map: Map): HTMLElement;
    addTo(map: Map): this;
    setPrefix(prefix: boolean): this;
    getContainer(): HTMLElement;
  }
  interface Map {
    readonly attributionControl: Control;
    on(names: string, handler: (event: MouseEvent & ZoomEvent) => void): this;
    setMinZoom(zoom: number): this;
    setMaxZoom(zoom: number): this;
    getMaxZoom(): number;
    getZoom(): number;
    getZoomScale(zoom: number): number;
    setMaxBounds(box: Box): this;
    setView(place: Place, zoom: number, options?: Options): this;
    fitBounds(box: Box, options?: Options): this;
    invalidateSize(options?: Options): this;
    getContainer(): HTMLElement;
    getBounds(): LatLngBounds;
    getCenter(): LatLng;
    getSize(): Point;
    getPixelOrigin(): Point;
    createPane(name: string): HTMLElement;
    addLayer(layer: Layer): this;
    removeLayer(layer: Layer): this;
    latLngToLayerPoint(place: Place): Point;
    layerPointToLatLng(point: Point): LatLng;
    containerPointToLayerPoint(point: Point | number[]): Point;
    _latLngBoundsToNewLayerBounds(box: LatLngBounds, zoom: number, center: LatLng): { min: Point };
  }

  function map(id: string, options?: Options): Map;
  function point(x: number, y: number): Point;
  function canvas(options?: Options): Renderer;
  function svg(options?: Options): Renderer;
  function polygon(rings: number[][][][], options?: Options): Path;
  function circle(place: Place, options?: Options): Circle;
  function circleMarker(place: Place, options?: Options): Path;
  function tileLayer(url: string, options?: Options): TileLayer;
  function popup(options?: Options): Popup;
  function tooltip(options?: Options): Popup;
  function control(options?: Options): Control;
  namespace control {
    function scale(options?: Options): Control;
  }
  function geoJSON<F>(
    shapes: { type: string; features: F[] },
    options?: Options & {
      filter?: (feature: F) => boolean;
      onEachFeature?: (feature: F, layer: Layer) => void;
      pointToLayer?: (feature: F, place: LatLng) => Layer;
      style?: Options | ((feature: F) => Options);
    },
  ): Path;
  namespace DomEvent {
    function stop(event: MouseEvent | Event): void;
    function disableClickPropagation(node: HTMLElement): void;
    function disableScrollPropagation(node: HTMLElement): void;
  }
  namespace DomUtil {
    function setTransform(node: HTMLElement, offset: Point, scale: number): void;
  }
  interface LayerHooks {
    onAdd(): void;
    onRemove(): void;
    getEvents(): Record<string, (event: ZoomEvent) => void>;
  }
  const Layer: { extend(hooks: LayerHooks): new () => Layer };
}
