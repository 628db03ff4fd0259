// A form field: label above, the control, and one line below for help or what is wrong.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { Icon } from './Icon'

interface Props {
  label: string
  help?: string
  error?: string
  children: (a: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => ComponentChildren
}

export function Field({ label, help, error, children }: Props) {
  const id = useId()
  const about = error || help ? id + '-about' : undefined
  return (
    <div class={`field ${error ? 'wrong' : ''}`}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': about, 'aria-invalid': error ? true : undefined })}
      {about && (
        <p class="about" id={about}>{error && <Icon name="error-fill" size={16} />}<span>{error ?? help}</span></p>
      )}
    </div>
  )
}
