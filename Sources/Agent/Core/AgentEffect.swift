package import AgoraAPI
package import Machine

extension Agent {
    /// What the agent's shell is to do, in order.
    package enum Effect: Hashable, Sendable, Order {
        case store([Change])
        case wake(at: Int64)
        /// Dial a master; answered with `linkOpened` or `linkClosed` of the same number.
        case connect(link: UInt64)
        case send(link: UInt64, Agora_V1_AgentRecord)
        case disconnect(link: UInt64, reason: String)
        /// Answered with `prepared`, unless abandoned.
        case prepare(Preparation)
        case abandon(container: String)
        /// Answered with `launched`.
        case launch(Agora_V1_LauncherRequest.Launch)
        /// To all processes of the container; answered with `signalled`.
        case signal(container: String, signal: UInt32)
        /// Answered with `exited`, if that has not come yet.
        case destroy(container: String)
        /// Of what has ended: its cgroups and its files at the launcher.
        case remove(container: String)
        /// Answered with `probed`.
        case probe(Probe)
        /// Delete a sandbox; answered with `pruned`.
        case prune(container: String, folder: String)
        case note(Note)
        /// All tasks have ended, as `stopping` demanded, and the master was told.
        case stopped

        package var changes: [Change]? { if case .store(let changes) = self { changes } else { nil } }
        package var wakeTime: Int64? { if case .wake(let time) = self { time } else { nil } }
    }

    /// For the log.
    package struct Note: Hashable, Sendable {
        package enum Level: UInt8, Hashable, Sendable { case info, warning, error }

        package let level: Level
        /// Constant, for each kind of note.
        package let text: String
        /// Names and values.
        package let details: [String]

        init(_ level: Level, _ text: String, _ details: (String, String)...) {
            self.level = level
            self.text = text
            self.details = details.flatMap { [$0.0, $0.1] }
        }
    }
}
