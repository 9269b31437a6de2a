"use strict";
// As much of elements as dialogs need.
const { document } = require("./browser.js");

class Element extends EventTarget {
  children = [];
  attributes = new Map();

  constructor(name) {
    super();
    this.name = name;
  }

  get textContent() {
    return this.children.map((it) => (typeof it === "string" ? it : it.textContent)).join("");
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
    if (name === "value") this.value = value;
  }

  getAttribute = (name) => this.attributes.get(name) ?? null;
  removeAttribute = (name) => void this.attributes.delete(name);

  append(...children) {
    for (const child of children) if (child instanceof Element) child.parent = this;
    this.children.push(...children);
  }

  replaceChildren(...children) {
    this.children = [];
    this.append(...children);
  }

  remove() {
    this.parent.children = this.parent.children.filter((it) => it !== this);
  }

  showModal() {
    this.open = true;
  }

  close() {
    this.open = false;
    this.dispatchEvent(new Event("close"));
  }

  /** All elements in this one. */
  all() {
    return this.children.filter((it) => it instanceof Element).flatMap((it) => [it, ...it.all()]);
  }

  find = (holds) => this.all().find(holds);
  button = (words) => this.find((it) => it.name === "button" && it.textContent === words);
  field = (id) => this.find((it) => it.getAttribute("id") === id);
}

Object.assign(globalThis, { Node: Element, HTMLElement: Element });
Object.assign(document, { createElement: (name) => new Element(name), body: new Element("body") });

module.exports = { body: document.body };
