// The members of PeerTube's REST answers that the client reads.
export interface Label<T = number> { id: T; label: string }
export interface Picture { width: number; height: number; fileUrl: string; path?: string; aspectRatio?: string }
export interface List<T> { total: number; data: T[] }

export interface ActorSummary {
  id: number
  name: string
  displayName: string
  url: string
  host: string
  avatars: Picture[]
}

export interface Actor extends ActorSummary {
  description: string | null
  followersCount: number
  createdAt: string
  banners?: Picture[]
  isLocal?: boolean
  support?: string | null
  videosCount?: number
  ownerAccount?: Actor
}

export interface Video {
  id: number
  uuid: string
  shortUUID: string
  name: string
  url: string
  duration: number
  views: number
  viewers: number
  likes: number
  dislikes: number
  isLocal: boolean
  isLive: boolean
  nsfw: boolean
  nsfwSummary?: string | null
  publishedAt: string
  createdAt: string
  aspectRatio: number | null
  truncatedDescription: string | null
  description: string | null
  thumbnails: Picture[]
  previewPath: string
  embedPath: string
  privacy: Label
  category: Label<number | null>
  licence: Label<number | null>
  language: Label<string | null>
  account: ActorSummary
  channel: ActorSummary
  userHistory?: { currentTime: number }
  state?: Label
  liveSchedules?: { startAt: string }[]
  waitTranscoding?: boolean
  transcodingProgress?: number
  files?: VideoFile[]
  streamingPlaylists?: Playlist[]
}

export interface VideoFile {
  id: number
  resolution: Label
  size: number
  fps: number
  width?: number
  height?: number
  fileUrl: string
  fileDownloadUrl: string
  torrentDownloadUrl: string // empty while there is none
  magnetUri: string
  playlistUrl?: string
  hasAudio: boolean
  hasVideo: boolean
}

export interface Playlist {
  id: number
  playlistUrl: string
  segmentsSha256Url: string | null
  redundancies: { baseUrl: string }[]
  files: VideoFile[]
}

export interface VideoDetails extends Video {
  channel: Actor
  account: Actor
  support: string | null
  tags: string[]
  trackerUrls: string[]
  files: VideoFile[]
  streamingPlaylists: Playlist[]
  downloadEnabled: boolean
  waitTranscoding: boolean
  state: Label
  commentsPolicy: Label
  inputFileUpdatedAt: string | null
}

export interface Caption { language: Label<string>; fileUrl: string; automaticallyGenerated: boolean }

export interface Me {
  id: number
  username: string
  email: string
  p2pEnabled: boolean
  role: Label
  videoQuota: number
  videoQuotaDaily: number
  account: Actor
  videoChannels: Actor[]
  specialPlaylists?: { id: number; type: number }[]
  nsfwPolicy?: NSFWPolicy
  autoPlayVideo?: boolean
  autoPlayNextVideoPlaylist?: boolean
  notificationSettings?: Record<string, number>
}

/** What happens to sensitive videos in lists. */
export type NSFWPolicy = 'do_not_list' | 'warn' | 'blur' | 'display'

export interface Config {
  instance: { name: string; shortDescription: string; defaultNSFWPolicy?: NSFWPolicy }
  serverVersion: string
  defaults: {
    publish: { privacy: number; downloadEnabled: boolean; licence: number | null; commentsPolicy: number }
    p2p: { webapp: { enabled: boolean }; embed: { enabled: boolean } }
    player: { autoPlay: boolean }
  }
  client: { videos: { resumableUpload: { maxChunkSize: number } } }
  video: { file: { extensions: string[] } }
  tracker: { enabled: boolean }
  signup?: { allowed: boolean; minimumAge: number }
  webrtc: { stunServers: string[] }
  views: { videos: { watchingInterval: { anonymous: number; users: number } } }
}

/** States of a video, as PeerTube numbers them. */
export const State = {
  Published: 1, ToTranscode: 2, ToImport: 3, WaitingForLive: 4, LiveEnded: 5,
  ToMove: 6, TranscodingFailed: 7, MoveFailed: 8, ToEdit: 9, ToMoveToFile: 10,
} as const
export const Privacy = { Public: 1, Unlisted: 2, Private: 3, Internal: 4, Password: 5 } as const
