import Machine

/// A machine: its clocks, and where it stands in the network. Time goes on for all alike, but each has its own idea of the date.
final class Computer {
    let world: World
    let name: String
    let place: Network.Place
    private let monotonicOffset: Int64
    private(set) var wallOffset: Int64 = 1_790_000_000 * .second
    /// Counts its starts.
    private(set) var boot = 1

    init(world: World, name: String, place: Network.Place) {
        self.world = world
        self.name = name
        self.place = place
        monotonicOffset = world.draw(1 * .second...10_000 * .second)
    }

    var moment: Moment { Moment(monotonic: monotonicOffset + world.now, wall: wallOffset + world.now) }

    /// The world's time at which its monotonic clock will show this.
    func time(of monotonic: Int64) -> Int64 { monotonic - monotonicOffset }

    func stepWallClock(by nanoseconds: Int64) { wallOffset += nanoseconds }

    func reboot() { boot += 1 }
}
