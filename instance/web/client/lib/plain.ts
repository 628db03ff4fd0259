// What people write on other servers may be HTML. Here it is read, never run.
const marked = /<(p|br|div|ul|ol|blockquote|span|a)\b/i

/** plain is the text of HTML, with its line breaks; text that is none stays as it is. */
export function plain(text: string): string {
  if (!marked.test(text)) return text
  // A document made so loads nothing and runs nothing.
  const doc = new DOMParser().parseFromString(text, 'text/html')
  for (const e of doc.querySelectorAll('script, style, template')) e.remove()
  for (const e of doc.querySelectorAll('br')) e.replaceWith('\n')
  for (const e of doc.querySelectorAll('li')) e.prepend('• ')
  for (const e of doc.querySelectorAll('p, div, li, blockquote')) e.append('\n')
  return (doc.body.textContent ?? '').replace(/\n{3,}/g, '\n\n').trim()
}
