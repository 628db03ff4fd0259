// A page or part whose program comes when it is first shown.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ErrorBox } from '../ui/ErrorBox'

type View<P> = (props: P) => JSX.Element | null

/** lazy makes a component of a module's member; while it loads, nothing is drawn. */
export function lazy<P extends object>(load: () => Promise<View<P>>): View<P> {
  let Ready: View<P> | undefined
  return function Late(props: P) {
    const [, drawn] = useState(0)
    const [error, fail] = useState<unknown>()
    const ask = () => {
      fail(undefined)
      load().then((c) => { Ready = c; drawn((n) => n + 1) }, fail)
    }
    useEffect(() => { if (!Ready) ask() }, [])
    if (error) return <ErrorBox error={error} retry={ask} />
    return Ready ? <Ready {...props} /> : null
  }
}
