// media-chrome's elements, as far as they are drawn here.
import type { ComponentChildren } from 'preact'

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'media-controller': HTMLAttributes<HTMLElement> & { nohotkeys?: boolean; autohide?: string; gesturesdisabled?: boolean; defaultsubtitles?: boolean; breakpoints?: string; novolumepref?: boolean; nosubtitleslangpref?: boolean }
      'media-control-bar': HTMLAttributes<HTMLElement>
      'media-play-button': Control
      'media-mute-button': Control
      'media-volume-range': Control
      'media-time-range': Control
      'media-time-display': Control & { showduration?: boolean; notoggle?: boolean }
      'media-pip-button': Control
      'media-fullscreen-button': Control
      'media-loading-indicator': HTMLAttributes<HTMLElement> & { loadingdelay?: string; noautohide?: boolean }
    }
    interface Control extends HTMLAttributes<HTMLElement> { notooltip?: boolean; slot?: string; class?: string; children?: ComponentChildren }
  }
}
