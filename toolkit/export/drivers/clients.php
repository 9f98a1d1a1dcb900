<?php
// Calls a PHP client of openapi-generator: `php clients.php PLAN`. It prints a line of JSON for each call: its number, with `status`,
// `value` and `typed`, or `raised`, or `missing`. Guzzle comes from a folder `vendor` of the project or one above it, or from include_path.

use GuzzleHttp\Client;
use GuzzleHttp\HandlerStack;
use GuzzleHttp\Middleware;

class Missing extends Exception {}

function plain(string $name): string {
    return preg_replace('/[^a-z0-9]/', '', strtolower($name));
}

/** Lets PHP find Guzzle and the client's classes, and gives the namespace of these. */
function load(object $plan): string {
    for ($folder = $plan->project; !is_file("$folder/vendor/autoload.php") && $folder !== dirname($folder);) {
        $folder = dirname($folder);
    }
    require_once is_file("$folder/vendor/autoload.php") ? "$folder/vendor/autoload.php" : 'GuzzleHttp/autoload.php';
    $places = (array) json_decode(file_get_contents("$plan->out/composer.json"))->autoload->{'psr-4'};
    $space = array_key_first($places);
    spl_autoload_register(function (string $name) use ($plan, $space, $places) {
        $file = "$plan->out/$places[$space]" . strtr(substr($name, strlen($space)), '\\', '/') . '.php';
        if (str_starts_with($name, $space) && is_file($file)) {
            require $file;
        }
    });
    return $space;
}

/** A client of HTTP that connects to no other service than the mock: generated code may name the real one. */
function client_of(string $url): Client {
    $stack = HandlerStack::create();
    $stack->push(Middleware::mapRequest(function ($request) use ($url) {
        if (!str_starts_with((string) $request->getUri(), "$url/")) {
            throw new Missing("it calls another server, {$request->getUri()->getAuthority()}");
        }
        return $request;
    }));
    return new Client(['handler' => $stack]);
}

function method_of(string $space, array $files, object $call): ReflectionMethod {
    $names = array_map(fn ($name) => plain($name) . 'withhttpinfo', $call->names);
    foreach ($files as $file) {
        foreach ((new ReflectionClass($space . 'Api\\' . basename($file, '.php')))->getMethods() as $method) {
            if (in_array(plain($method->name), $names)) {
                return $method;
            }
        }
    }
    throw new Missing('no function');
}

/** The values of a call by the parameters of a method, matched by names without case and signs. */
function arguments(string $space, ReflectionMethod $method, object $call): array {
    $given = [];
    foreach ($call->values as $one) {
        $given[plain($one->name)] = $one->value;
    }
    $every = $call->body && str_contains($call->body->media, 'form') ? array_combine(
        array_map('plain', array_keys((array) $call->body->value)), array_values((array) $call->body->value)
    ) : [];
    $every = $given + $every;
    preg_match_all('/@param\s+(\S+)\s+\$(\w+)/', $method->getDocComment(), $found);
    $types = array_combine($found[2], $found[1]);
    $names = array_map(fn ($one) => $one->getName(), $method->getParameters());
    if ($lacking = array_diff(array_keys($given), array_map('plain', $names))) {
        throw new Missing("{$method->name} has no parameter " . reset($lacking));
    }
    $left = array_diff(array_map('plain', $names), array_map('plain', $call->parameters), ['contenttype']);
    if ($call->body && $left && !array_intersect($left, array_keys($every))) {
        $every[reset($left)] = $call->body->value; // named after its model
    }
    $arguments = [];
    foreach ($names as $name) {
        if (array_key_exists(plain($name), $every)) {
            $arguments[$name] = coerced($space, $every[plain($name)], str_replace('|null', '', $types[$name] ?? 'mixed'));
        }
    }
    return $arguments;
}

/** A value in the generated type that a parameter wants: an enumeration, a model, a time. */
function coerced(string $space, mixed $value, string $type): mixed {
    $is_own = str_contains($type, $space) || str_contains($type, 'DateTime');
    $read = [$space . 'ObjectSerializer', 'deserialize'];
    return $is_own && $value !== null ? $read($value, $type) : (is_object($value) ? (array) $value : $value);
}

function call(string $space, array $files, object $plan, object $call): array {
    $method = method_of($space, $files, $call);
    $configuration = new ($space . 'Configuration')();
    $configuration->setHost($call->base);
    foreach ($call->credentials as $one) {
        $configuration->setApiKey($one->name, $call->secrets->apiKey);
        $configuration->setAccessToken($one->kind === 'bearer' ? $call->secrets->bearer : '');
        if ($one->kind === 'basic') {
            [$user, $password] = explode(':', $call->secrets->basic);
            $configuration->setUsername($user)->setPassword($password);
        }
    }
    $api = $method->getDeclaringClass()->newInstance(client_of($plan->url), $configuration);
    try {
        [$value, $status] = $method->invokeArgs($api, arguments($space, $method, $call));
    } catch (Exception $error) {
        if (!is_a($error, $space . 'ApiException') || !$error->getCode()) {
            throw $error;
        }
        [$value, $status] = [$error->getResponseObject(), $error->getCode()];
        if ($value === null) {
            $text = $error->getResponseBody();
            return ['status' => $status, 'value' => json_decode($text ?? 'null') ?? $text, 'typed' => false];
        }
    }
    $is_map = preg_match('/@return array of (\S+\|)?(object|array<)/', $method->getDocComment());
    $value = $value === [] && $is_map ? new stdClass() : $value; // PHP reads {} as []
    $typed = is_array($value) ? array_is_list($value) : is_object($value) && !$value instanceof stdClass;
    return ['status' => $status, 'value' => [$space . 'ObjectSerializer', 'sanitizeForSerialization']($value), 'typed' => $typed];
}

$plan = json_decode(file_get_contents($argv[1]));
$space = load($plan);
foreach ($plan->calls as $call) {
    try {
        $result = call($space, glob("$plan->out/lib/Api/*.php"), $plan, $call);
    } catch (Missing $error) {
        $result = ['missing' => $error->getMessage()];
    } catch (Throwable $error) {
        $result = ['raised' => substr(get_class($error) . ': ' . preg_replace('/\s+/', ' ', $error->getMessage()), 0, 300)];
    }
    echo json_encode(['number' => $call->number] + $result, JSON_PARTIAL_OUTPUT_ON_ERROR), "\n";
}
