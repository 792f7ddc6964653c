/* The component base: what every page is made of. Behaviour for keyboard and screen reader is Ariakit's. */
export * from "./actions";
export * from "./combobox";
export * from "./fields";
export * from "./overlays";
export * from "./page";
export * from "./status";
export * from "./tables";
export * from "./text";
export * from "./toast";
