import { useEffect } from 'preact/hooks'

const site = document.querySelector('meta[property="og:site_name"]')?.getAttribute('content') ?? ''

/** useTitle names the page in the tab and, for screen readers, on arrival. */
export function useTitle(title: string | undefined) {
  useEffect(() => {
    if (title !== undefined) document.title = title ? `${title} · ${site}` : site
  }, [title])
}
