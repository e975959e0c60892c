/** Return an area's id as people write a name: "mill-street" is Mill Street. */
export const areaName = (area: string): string =>
  area
    .split(/[-_]+/u)
    .filter(Boolean)
    .map((word) => word.charAt(0).toLocaleUpperCase() + word.slice(1))
    .join(" ");
