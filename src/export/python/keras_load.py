def load(path, model=None):
    """The model with the weights of a file, by the names of its layers."""
    weights = load_file(path)
    model = model or build()
    for layer in model.layers:
        layer.set_weights([weights.pop(f"{layer.name}.{variable.name}") for variable in layer.weights])
    if weights:
        raise ValueError(f"the model has no {', '.join(weights)}")
    return model


if __name__ == "__main__":
    build().summary()
