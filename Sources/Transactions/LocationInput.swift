import Base
import HTTP
import JSON

/// A place as a client writes it: a name, or `{"name", "latitude", "longitude"}` with degrees as decimals.
enum LocationInput {
    static let schema = Schema.object(
        name: "Location",
        [
            SchemaProperty("name", .nullable(.string(maxLength: Location.maximumNameLength)), required: false),
            SchemaProperty(
                "latitude", .nullable(.text), required: false, "Degrees, north is positive, to seven decimals."),
            SchemaProperty("longitude", .nullable(.text), required: false, "Degrees, east is positive."),
        ])

    static let field = BodyField<Location?>("location", schema, "A place, or just its name.") {
        value throws(FieldProblem) in
        switch value {
        case .string(let name): return Location(name: try checked(name), coordinates: nil)
        case .object:
            var name: String?
            switch value["name"] ?? .null {
            case .null: break
            case .string(let text): name = try checked(text)
            default: throw FieldProblem("location.name should be text.")
            }
            return Location(name: name, coordinates: try coordinates(value))
        default: throw FieldProblem("location should be an object with name, latitude and longitude, or a name.")
        }
    }

    private static let name = BodyField<String>.text("location", max: Location.maximumNameLength)

    private static func checked(_ text: String) throws(FieldProblem) -> String { try name.parse(.string(text)) }

    private static func coordinates(_ value: JSONValue) throws(FieldProblem) -> Location.Coordinates? {
        let latitude = try degrees(value, "latitude", "lat", limit: 90)
        let longitude = try degrees(value, "longitude", "lng", limit: 180)
        switch (latitude, longitude) {
        case (nil, nil): return nil
        case (let latitude?, let longitude?): return Location.Coordinates(latitude: latitude, longitude: longitude)
        default: throw FieldProblem("location should have latitude and longitude, or neither.")
        }
    }

    private static func degrees(
        _ value: JSONValue, _ name: String, _ alias: String, limit: Int32
    ) throws(FieldProblem) -> Int32? {
        let text: String
        switch value[name] ?? value[alias] ?? .null {
        case .null: return nil
        case .number(let written), .string(let written): text = written
        default: throw FieldProblem("location.\(name) should be degrees such as 52.52.")
        }
        guard let degrees = Location.degrees(text, limit: limit) else {
            throw FieldProblem("location.\(name) should be degrees from -\(limit) to \(limit), such as 52.52.")
        }
        return degrees
    }
}
