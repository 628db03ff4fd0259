import { Icon } from './Icon'

/** PickPicture is a button that asks for a picture file. */
export function PickPicture({ label, pick }: { label: string; pick: (f: File) => void }) {
  return (
    <label class="btn pick"><Icon name="upload" />{label}
      <input class="sr" type="file" accept="image/png,image/jpeg,image/webp,image/gif" onChange={(e) => {
        const file = e.currentTarget.files?.[0]
        e.currentTarget.value = ''
        if (file) pick(file)
      }} />
    </label>
  )
}
