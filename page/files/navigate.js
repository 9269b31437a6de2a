// Going from view to view within the page.

/**
 * Shows the view of a path of this page.
 * @param {string} path
 */
export function go(path) {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}
