// Calls a Java client of openapi-generator (library native), compiled with -parameters: `java Clients.java PLAN`. It prints a line of
// JSON for each call: its number, with `status`, `value` and `typed`, or `raised`, or `missing`.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

public class Clients {
    static class Missing extends Exception {
        Missing(String reason) {
            super(reason);
        }
    }

    static final ObjectMapper OWN = new ObjectMapper();

    static String plain(String name) {
        return name.toLowerCase().replaceAll("[^a-z0-9]", "");
    }

    /** The names of the classes below a folder that end so. */
    static List<String> classes(Path folder, String ending) throws Exception {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.map(one -> folder.relativize(one).toString())
                .filter(one -> one.endsWith(ending + ".class") && !one.contains("$"))
                .map(one -> one.replace(".class", "").replace(File.separatorChar, '.'))
                .sorted().collect(Collectors.toList());
        }
    }

    /** The method of a call that gives the status too, without the one that takes further header fields. */
    static Method function(Class<?> api, JsonNode call) {
        Set<String> names = new HashSet<>();
        call.get("names").forEach(one -> names.add(plain(one.asText()) + "withhttpinfo"));
        return Stream.of(api.getMethods()).filter(one -> names.contains(plain(one.getName())))
            .min((one, other) -> one.getParameterCount() - other.getParameterCount()).orElse(null);
    }

    /** The values of the parameters of a function, matched by names without case and signs. */
    static Object[] arguments(Method function, JsonNode call, ObjectMapper mapper) throws Exception {
        Map<String, JsonNode> given = new HashMap<>();
        Set<String> known = new HashSet<>();
        JsonNode body = call.get("body");
        boolean isForm = !body.isNull() && body.get("media").asText().contains("form");
        if (isForm) body.get("value").fields().forEachRemaining(one -> given.put(plain(one.getKey()), one.getValue()));
        call.get("parameters").forEach(one -> known.add(plain(one.asText())));
        Set<String> wanted = new HashSet<>();
        for (JsonNode one : call.get("values")) {
            given.put(plain(one.get("name").asText()), one.get("value"));
            wanted.add(plain(one.get("name").asText()));
        }
        Parameter[] parameters = function.getParameters();
        Object[] found = new Object[parameters.length];
        for (int at = 0; at < found.length; at++) {
            String name = plain(parameters[at].getName());
            JsonNode value = given.get(name);
            if (value == null && !known.contains(name) && !body.isNull() && !isForm) value = body.get("value");
            wanted.remove(name);
            if (value != null) found[at] = converted(value, parameters[at], mapper);
        }
        if (!wanted.isEmpty()) throw new Missing(function.getName() + " has no parameter " + wanted.iterator().next());
        return found;
    }

    static Object converted(JsonNode value, Parameter parameter, ObjectMapper mapper) throws Exception {
        if (parameter.getType() == File.class) {
            File file = File.createTempFile("proof", null);
            file.deleteOnExit();
            Files.writeString(file.toPath(), value.asText());
            return file;
        }
        return mapper.convertValue(value, mapper.getTypeFactory().constructType(parameter.getParameterizedType()));
    }

    /** The credentials of a call, which this library leaves to its hook for requests. */
    static Consumer<HttpRequest.Builder> credentials(JsonNode call) {
        return builder -> {
            for (JsonNode one : call.get("credentials")) {
                String name = one.get("name").asText(), value = one.get("value").asText();
                if (one.get("in").asText().equals("header")) builder.setHeader(name, value);
                if (one.get("in").asText().equals("cookie")) builder.header("Cookie", name + "=" + value);
                if (one.get("in").asText().equals("query")) {
                    String uri = builder.copy().build().uri().toString(), word = URLEncoder.encode(value, StandardCharsets.UTF_8);
                    builder.uri(URI.create(uri + (uri.contains("?") ? "&" : "?") + name + "=" + word));
                }
            }
        };
    }

    static JsonNode asJson(String text) {
        try {
            JsonNode read = OWN.readTree(text);
            return read instanceof MissingNode ? OWN.nullNode() : read;
        } catch (Exception error) {
            return OWN.valueToTree(text);
        }
    }

    static Object property(Object owner, String name) throws Exception {
        return owner.getClass().getMethod(name).invoke(owner);
    }

    static void called(Path folder, JsonNode call, ObjectNode result) throws Exception {
        Class<?> client = Class.forName(classes(folder, "ApiClient").get(0));
        Object own = client.getConstructor().newInstance();
        client.getMethod("updateBaseUri", String.class).invoke(own, call.get("base").asText());
        client.getMethod("setRequestInterceptor", Consumer.class).invoke(own, credentials(call));
        ObjectMapper mapper = (ObjectMapper) property(own, "getObjectMapper");
        for (String name : classes(folder, "Api")) {
            Method function = function(Class.forName(name), call);
            if (function == null) continue;
            Object api = Class.forName(name).getConstructor(client).newInstance(own);
            try {
                Object response = function.invoke(api, arguments(function, call, mapper)), data = property(response, "getData");
                boolean isTyped = data != null && !(data instanceof String || data instanceof Map || data instanceof File);
                result.put("status", (int) property(response, "getStatusCode")).put("typed", isTyped);
                result.set("value", data instanceof File ? OWN.nullNode() : mapper.valueToTree(data));
            } catch (InvocationTargetException thrown) {
                Throwable error = thrown.getCause();
                boolean isStatus = error.getClass().getSimpleName().equals("ApiException") && (int) property(error, "getCode") != 0;
                if (!isStatus) throw new Exception(String.valueOf(error.getCause() == null ? error : error.getCause()));
                String text = (String) property(error, "getResponseBody");
                result.put("status", (int) property(error, "getCode")).put("typed", false);
                result.set("value", asJson(text == null ? "" : text));
            }
            return;
        }
        throw new Missing("no function");
    }

    public static void main(String[] words) throws Exception {
        JsonNode plan = OWN.readTree(new File(words[words.length - 1]));
        Path folder = Path.of(plan.get("folder").asText(), plan.get("package").asText());
        for (JsonNode call : plan.get("calls")) {
            ObjectNode result = OWN.createObjectNode();
            result.set("number", call.get("number"));
            try {
                called(folder, call, result);
            } catch (Missing error) {
                result.put("missing", error.getMessage());
            } catch (Exception error) {
                String said = String.valueOf(error.getMessage() == null ? error : error.getMessage()).replaceAll("\\s+", " ");
                result.put("raised", said.substring(0, Math.min(said.length(), 300)));
            }
            System.out.println(OWN.writeValueAsString(result));
        }
        System.exit(0);
    }
}
